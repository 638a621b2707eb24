"""Wakes a loop when another process has written rows into a collection."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from chassis.background import Loop
from chassis.store.store import Store, away

INSERTS: list[Mapping[str, Any]] = [
    {"$match": {"operationType": "insert"}},
    {"$project": {"_id": 1, "operationType": 1, "documentKey": 1}},
]
LISTENS_FOR = 300.0
"""Seconds for which rows of another process make one listen for more."""


class Waker:
    """Calls `wake` at each insert into `collection`, by a change stream that is opened again when it breaks.

    Not at those of rows that are `ours` by their id.

    The rows of this process need no stream, and a stream costs the store work at each commit: so it is open while
    others write, which `heard` tells, or always where the store says that several do. A wake may be missed
    while the stream is down: who waits must sweep as well.
    """

    def __init__(
        self,
        store: Store[Any],
        collection: str,
        wake: Callable[[], None],
        ours: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._store = store
        self._collection = collection
        self._wake = wake
        self._ours = ours
        self._called = asyncio.Event()
        self._until = 0.0
        self._loop = Loop(f"{collection}-waker", self._listen)

    def start(self) -> None:
        """Begin to listen."""
        self._loop.start()

    async def stop(self) -> None:
        """Stop listening."""
        await self._loop.stop()

    def heard(self) -> None:
        """Another process wrote: it may write again."""
        self._until = asyncio.get_running_loop().time() + LISTENS_FOR
        self._called.set()

    def _wanted(self) -> bool:
        return self._store.SEVERAL_WRITE or asyncio.get_running_loop().time() < self._until

    async def _listen(self) -> None:
        if not self._wanted():
            self._called.clear()
            await self._called.wait()
        with away():
            async with self._store.collection(self._collection).watch(INSERTS) as stream:
                self._wake()
                while self._wanted():
                    change = await stream.try_next()
                    if change is not None and not self._ours(change["documentKey"]["_id"]):
                        self._wake()


async def woken(event: asyncio.Event, sweep_after: float) -> None:
    """Wait until `event` is set, or for `sweep_after` seconds, and clear it."""
    try:
        await asyncio.wait_for(event.wait(), sweep_after)
    except TimeoutError:
        return
    finally:
        event.clear()
