"""The virus scanner: clamd, fed by stream while the letter is uploaded, asked before the 250.

Its protocol: `zINSTREAM\\0`, then blocks led by their length in four bytes, ended by an empty one; the answer is
`stream: OK`, `stream: <name> FOUND`, or `<why> ERROR` (clamd(8)).
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from chassis.errors import BackingServiceAway
from messaging.door.metrics import SCAN_SECONDS

CONNECT_WITHIN = 1.0
TAKE_WITHIN = 5.0
"""Seconds the scanner may let a block lie."""
LONGEST_ANSWER = 4_096
_FOUND = re.compile(rb"stream: ([^\0\n]{1,300}) FOUND")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class Scan(Protocol):
    """One letter being looked at. Each method raises `BackingServiceAway`."""

    async def feed(self, block: bytes) -> None:
        """Look at the next bytes."""
        ...

    async def verdict(self) -> str | None:
        """What was found, once all bytes were fed: a name of harmless letters, or None."""
        ...

    def close(self) -> None:
        """Look no further."""
        ...


class Scanner(Protocol):
    """Who looks at letters."""

    async def begin(self) -> Scan:
        """Begin with a letter. Raises `BackingServiceAway`."""
        ...

    async def check(self) -> str | None:
        """None when letters can be looked at, else what is wrong."""
        ...


Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


def over_tcp(host: str, port: int) -> Connect:
    """How to reach a clamd that listens there."""
    return partial(asyncio.open_connection, host, port, limit=LONGEST_ANSWER)


class Clamd:
    """A clamd, a connection a letter."""

    def __init__(self, connect: Connect, *, answer_within: float) -> None:
        self._connect = connect
        self._answer_within = answer_within

    async def begin(self) -> Scan:
        """A connection of its own for a letter."""
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                reader, writer = await self._connect()
        except (OSError, TimeoutError) as error:
            raise BackingServiceAway("scanner") from error
        writer.write(b"zINSTREAM\0")
        return _ClamdScan(reader, writer, self._answer_within)

    async def check(self) -> str | None:
        """Whether it answers."""
        return None if await self._pongs() else "the scanner does not answer"

    async def _pongs(self) -> bool:
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                reader, writer = await self._connect()
                try:
                    writer.write(b"zPING\0")
                    return await reader.readuntil(b"\0") == b"PONG\0"
                finally:
                    writer.close()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return False


class _ClamdScan:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer_within: float) -> None:
        self._reader = reader
        self._writer = writer
        self._answer_within = answer_within

    async def feed(self, block: bytes) -> None:
        """Hand the block on; waits while the scanner is behind."""
        self._writer.write(len(block).to_bytes(4, "big"))
        self._writer.write(block)
        await self._drained()

    async def _drained(self) -> None:
        try:
            async with asyncio.timeout(TAKE_WITHIN):
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise BackingServiceAway("scanner") from error

    async def verdict(self) -> str | None:
        """End the stream and hear the answer."""
        began = time.monotonic()
        self._writer.write(bytes(4))
        await self._drained()
        try:
            async with asyncio.timeout(self._answer_within):
                answer = await self._reader.readuntil(b"\0")
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise BackingServiceAway("scanner") from error
        SCAN_SECONDS.observe(time.monotonic() - began)
        return _judged(answer)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def _judged(answer: bytes) -> str | None:
    if found := _FOUND.match(answer):
        return _UNSAFE.sub("_", found[1].decode("utf-8", "replace"))[:80]
    if answer.startswith(b"stream: OK"):
        return None
    raise BackingServiceAway("scanner")


class NoScanner:
    """Looks at nothing: the setting says that somebody else does."""

    async def begin(self) -> Scan:
        """Begin."""
        return _NoScan()

    async def check(self) -> str | None:
        """Nothing can be wrong."""
        return None


class _NoScan:
    async def feed(self, block: bytes) -> None:
        return

    async def verdict(self) -> str | None:
        return None

    def close(self) -> None:
        return
