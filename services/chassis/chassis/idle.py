"""Connections between two uses: the latest used is taken first, and one that nobody takes is left by the clock."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

C = TypeVar("C")


class Idle(Generic[C]):
    """Connections that lie idle, by what they lead to. One instance for a pool, on one event loop.

    `leave` takes leave of a connection that lay idle for `seconds`; it raises nothing. `clock` only grows.
    """

    def __init__(
        self, leave: Callable[[C], Awaitable[None]], seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._leave = leave
        self._seconds = seconds
        self._clock = clock
        self._lying: dict[str, deque[tuple[float, C]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Future[None]] = set()

    def lay(self, key: str, connection: C) -> None:
        """Lay one aside for who next wants to go there."""
        self._lying.setdefault(key, deque()).append((self._clock(), connection))
        self._look_again()

    def take(self, key: str) -> C | None:
        """The one that was used last to go there, or None. Whether it still answers is for the taker to see."""
        self._leave_old()
        lying = self._lying.get(key)
        return lying.pop()[1] if lying else None

    async def close(self) -> None:
        """Take leave of all, and wait until that is done."""
        if self._timer is not None:
            self._timer.cancel()
        self._leave_since(float("inf"))
        await asyncio.gather(*self._leaving)

    def _look_again(self) -> None:
        """Look when the first has lain its time, whether or not anything else happens until then."""
        since = min((lying[0][0] for lying in self._lying.values() if lying), default=None)
        if self._timer is None and since is not None:
            left = max(since + self._seconds - self._clock(), 0.001)
            self._timer = asyncio.get_running_loop().call_later(left, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._leave_old()
        self._look_again()

    def _leave_old(self) -> None:
        self._leave_since(self._clock() - self._seconds)

    def _leave_since(self, moment: float) -> None:
        for key, lying in list(self._lying.items()):
            while lying and lying[0][0] <= moment:
                leaving = asyncio.ensure_future(self._leave(lying.popleft()[1]))
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)
            if not lying:
                del self._lying[key]
