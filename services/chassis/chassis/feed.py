"""A pipe from the event loop to a thread that reads: bounded, hashed on the way, never silently cut short."""

import asyncio
import hashlib
import threading
from collections import deque

AHEAD = 4
"""Chunks that may wait for the reader."""


class FeedCut(OSError):
    """The sender broke off. Raised in the reader, so that it does not take the end for a whole."""


class Feed:
    """`give` chunks on the event loop, `read` them in a thread. Made on the event loop."""

    def __init__(self) -> None:
        self.size = 0
        """Bytes read so far."""
        self._loop = asyncio.get_running_loop()
        self._space = asyncio.Event()
        self._changed = threading.Condition()
        self._chunks: deque[bytes] = deque()
        self._ended = False
        self._cut = False
        self._rest = b""
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The SHA-256, in hexadecimal, of what was read."""
        return self._digest.hexdigest()

    async def give(self, chunk: bytes, reader: "asyncio.Future[None]") -> None:
        """Hand a chunk over, waiting for room; dropped if the reader has ended by itself."""
        while len(self._chunks) >= AHEAD and not reader.done():
            self._space.clear()
            await self._space.wait()
        with self._changed:
            self._chunks.append(chunk)
            self._changed.notify()

    def wake(self) -> None:
        """Let a waiting `give` look again."""
        self._space.set()

    def finish(self) -> None:
        """All was given."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def cut(self) -> None:
        """No more will come, and what was given is not whole: the reader's next `read` raises `FeedCut`."""
        with self._changed:
            self._cut = True
            self._changed.notify()

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, in the reader's thread; empty at the end. Raises `FeedCut`."""
        if not self._rest:
            self._rest = self._next()
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        self._digest.update(taken)
        self.size += len(taken)
        return taken

    def _next(self) -> bytes:
        with self._changed:
            while not self._chunks and not self._ended and not self._cut:
                self._changed.wait()
            if self._cut:
                raise FeedCut("cut by the sender")
            chunk = self._chunks.popleft() if self._chunks else b""
        self._loop.call_soon_threadsafe(self._space.set)
        return chunk
