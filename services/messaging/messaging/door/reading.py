"""Where a letter's bytes come from: DATA up to its end mark, or BDAT's counted chunks."""

import asyncio
from typing import Protocol

from messaging.domain.limits import LETTER_BYTES
from messaging.door.pace import Pace
from messaging.door.unstuffing import Unstuffing

BLOCK = 64 * 1024
MOST_READ = 4 * LETTER_BYTES
"""Bytes after which a sender of a letter too large is cut rather than listened to."""


class Line(Protocol):
    """A connection, as the reader of a letter sees it."""

    async def read_block(self, pace: Pace, most: int) -> bytes:
        """The next bytes, at least one and at most `most`; never returns once the sender is gone or too slow."""
        ...

    def give_back(self, surplus: bytes) -> None:
        """Put bytes that belong to the next commands in front of what is still to be read."""
        ...

    def cut_off(self) -> None:
        """End the connection of a sender who does not stop."""
        ...


class DataBlocks:
    """The bytes behind DATA, un-stuffed, to CRLF.CRLF."""

    def __init__(self, line: Line, pace: Pace) -> None:
        self._line = line
        self._pace = pace
        self._unstuffing = Unstuffing()
        self._size = 0

    async def next(self) -> bytes:
        """The next bytes of the letter; empty once it has ended."""
        while not self._unstuffing.ended:
            block = await self._line.read_block(self._pace, BLOCK)
            if plain := self._feed(block):
                return plain
        return b""

    def _feed(self, block: bytes) -> bytes:
        plain = self._unstuffing.feed(block)
        self._size += len(block)
        if self._unstuffing.ended:
            self._line.give_back(self._unstuffing.surplus)
        elif self._size > MOST_READ:
            self._line.cut_off()
        return plain


class Chunks:
    """A letter that comes in chunks: what takes it runs beside the commands that bring them.

    `taking` is that task's coroutine over `next`; it reads to the end whatever it answers. The sender's time goes
    on between two chunks.
    """

    def __init__(self, line: Line, pace: Pace) -> None:
        self._line = line
        self._pace = pace
        self._between: asyncio.Queue[bytes] = asyncio.Queue(1)
        self._ended = False
        self._size = 0
        self._since = _time()

    async def next(self) -> bytes:
        """The next bytes of the letter; empty once the last chunk is over."""
        if self._ended:
            return b""
        block = await self._between.get()
        self._ended = not block
        return block

    async def feed(self, octets: int) -> None:
        """Read one chunk from the line, to its very end."""
        self._size += octets
        if self._size > MOST_READ:
            self._line.cut_off()
        while octets:
            block = await self._line.read_block(self._pace, min(BLOCK, octets))
            octets -= len(block)
            await self._between.put(block)
        self._since = _time()

    def waited(self) -> float:
        """Count the time since the last chunk as its sender's; the seconds that the next one may take to come."""
        since, self._since = self._since, _time()
        self._pace.waited(self._since - since, 0)
        return self._pace.left

    async def end(self) -> None:
        """Nothing more comes."""
        await self._between.put(b"")


def _time() -> float:
    return asyncio.get_running_loop().time()


async def skip(line: Line, pace: Pace, octets: int) -> None:
    """Read a chunk that nobody wants: its sender is told only behind it (RFC 3030 §2)."""
    if octets > MOST_READ:
        line.cut_off()
    while octets:
        octets -= len(await line.read_block(pace, min(BLOCK, octets)))
