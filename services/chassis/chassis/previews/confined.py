"""A confined process asked one question about a stranger's bytes: it lives for one answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from chassis.child import child
from chassis.errors import NotFound
from chassis.previews.answering import NO_PREVIEW
from chassis.telemetry import log

AT_ONCE = 2
SECONDS = 10.0
"""For one answer, from the first byte of the file that goes in."""
PATIENCE = 20.0
"""Seconds for a turn."""
MOST_ANSWER = 30_000_000


class NoPreview(NotFound):
    """There is no preview of this file; `reason` is a code:

    `encrypted`, `broken`, `too-large`, `too-slow`, `busy`, `no-such-page`, `not-confined`.
    """

    code = "no-preview"

    def __init__(self, reason: str) -> None:
        super().__init__(f"no preview: {reason}")
        self.reason = reason


class Confined:
    """Runs a module that reads its standard input and answers on its standard output; see `confinement`.

    At most `AT_ONCE` processes: further questions wait their turn.
    """

    def __init__(self, module: str, seconds: float = SECONDS) -> None:
        self._module = module
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._seconds = seconds

    async def ask(self, content: AsyncIterator[bytes], *arguments: str) -> bytes:
        """The module's answer about `content`. Raises `NoPreview`, and what `content` raises."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.acquire()
        except TimeoutError as error:
            raise NoPreview("busy") from error
        try:
            return await self._answer(content, arguments)
        finally:
            self._turns.release()

    async def _answer(self, content: AsyncIterator[bytes], arguments: tuple[str, ...]) -> bytes:
        try:
            async with (
                child(self._module, *arguments, pipes=asyncio.subprocess.PIPE) as process,
                asyncio.timeout(self._seconds),
            ):
                answer, complaint = await _exchange(process, content)
                status = await process.wait()
        except TimeoutError as error:
            raise NoPreview("too-slow") from error
        return _judged(status, answer, complaint)


async def _exchange(process: asyncio.subprocess.Process, content: AsyncIterator[bytes]) -> tuple[bytes, bytes]:
    """Give the file in and take the answer out, together: neither pipe may fill up."""
    assert process.stdin and process.stdout and process.stderr
    given = asyncio.create_task(_give(process.stdin, content))
    try:
        answer, complaint = await asyncio.gather(_take(process.stdout, MOST_ANSWER), _take(process.stderr, 4_096))
        await given
    finally:
        given.cancel()
    return answer, complaint


async def _give(pipe: asyncio.StreamWriter, content: AsyncIterator[bytes]) -> None:
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # it has seen enough
            async for chunk in content:
                pipe.write(chunk)
                await pipe.drain()
    finally:
        pipe.close()


async def _take(pipe: asyncio.StreamReader, most: int) -> bytes:
    taken = bytearray()
    while chunk := await pipe.read(65_536):
        if len(taken) < most:
            taken += chunk
    return bytes(taken[:most])


def _judged(status: int, answer: bytes, complaint: bytes) -> bytes:
    if status == 0:
        return answer
    told = complaint.decode("ascii", "replace").strip() if status == NO_PREVIEW else ""
    reason = told if told.replace("-", "").isalpha() else "broken"
    log.info("preview.none", reason=reason, status=status)
    raise NoPreview(reason)
