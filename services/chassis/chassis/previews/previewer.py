"""Pages of PDFs for a service's pages: each asked of a confined process that lives for one answer."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
from msgspec import Struct

from chassis.errors import NotFound
from chassis.telemetry import log

AT_ONCE = 2
SECONDS = 10.0
"""For one answer, from the first byte of the file that goes in."""
PATIENCE = 20.0
"""Seconds for a turn."""
MOST_ANSWER = 30_000_000
NO_PREVIEW = 3


class NoPreview(NotFound):
    """There is no preview of this file; `reason` is a code:

    `encrypted`, `broken`, `too-large`, `too-slow`, `busy`, `no-such-page`, `not-confined`.
    """

    code = "no-preview"

    def __init__(self, reason: str) -> None:
        super().__init__(f"no preview: {reason}")
        self.reason = reason


class Page(Struct, frozen=True):
    """A page's size in points, and its words."""

    width: float
    height: float
    text: str


class Described(Struct, frozen=True):
    """How many pages a PDF has in all, and those that were asked for."""

    total: int
    pages: tuple[Page, ...]


class Previewer:
    """At most `AT_ONCE` confined processes: further ones wait their turn."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._seconds = seconds

    async def describe(self, pdf: AsyncIterator[bytes], first: int, count: int) -> Described:
        """`count` pages from `first` (from 1) on. Raises `NoPreview`, and what `pdf` raises."""
        answer = await self._asked(pdf, "describe", str(first), str(count))
        return msgspec.json.decode(answer, type=Described)

    async def draw(self, pdf: AsyncIterator[bytes], page: int, width: int) -> bytes:
        """A page as WebP, `width` pixels wide. Raises `NoPreview`, and what `pdf` raises."""
        return await self._asked(pdf, "draw", str(page), str(width))

    async def _asked(self, pdf: AsyncIterator[bytes], *arguments: str) -> bytes:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.acquire()
        except TimeoutError as error:
            raise NoPreview("busy") from error
        try:
            return await self._answer(pdf, arguments)
        finally:
            self._turns.release()

    async def _answer(self, pdf: AsyncIterator[bytes], arguments: tuple[str, ...]) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", "chassis.previews.drawing", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={},
            cwd="/",
        )
        try:
            async with asyncio.timeout(self._seconds):
                answer, complaint = await _exchange(process, pdf)
                status = await process.wait()
        except TimeoutError as error:
            raise NoPreview("too-slow") from error
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        return _judged(status, answer, complaint)


async def _exchange(process: asyncio.subprocess.Process, pdf: AsyncIterator[bytes]) -> tuple[bytes, bytes]:
    """Give the file in and take the answer out, together: neither pipe may fill up."""
    assert process.stdin and process.stdout and process.stderr
    given = asyncio.create_task(_give(process.stdin, pdf))
    try:
        answer, complaint = await asyncio.gather(_take(process.stdout, MOST_ANSWER), _take(process.stderr, 4_096))
        await given
    finally:
        given.cancel()
    return answer, complaint


async def _give(pipe: asyncio.StreamWriter, pdf: AsyncIterator[bytes]) -> None:
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # it has seen enough
            async for chunk in pdf:
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
