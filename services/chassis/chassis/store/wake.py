"""Wakes a loop when rows appear in a collection, whichever process wrote them."""

import asyncio
from collections.abc import Mapping
from typing import Any

from chassis.background import Loop
from chassis.store.store import Store, away

INSERTS: list[Mapping[str, Any]] = [
    {"$match": {"operationType": "insert"}},
    {"$project": {"_id": 1, "operationType": 1}},
]


class Waker:
    """Sets `event` at each insert into `collection`, by a change stream that is opened again when it breaks.

    A wake may be missed while the stream is down: who waits must sweep as well.
    """

    def __init__(self, store: Store[Any], collection: str, event: asyncio.Event) -> None:
        self._store = store
        self._collection = collection
        self._event = event
        self._loop = Loop(f"{collection}-waker", self._listen)

    def start(self) -> None:
        """Begin to listen."""
        self._loop.start()

    async def stop(self) -> None:
        """Stop listening."""
        await self._loop.stop()

    async def _listen(self) -> None:
        with away():
            async with self._store.collection(self._collection).watch(INSERTS) as stream:
                self._event.set()
                async for _ in stream:
                    self._event.set()


async def woken(event: asyncio.Event, sweep_after: float) -> None:
    """Wait until `event` is set, or for `sweep_after` seconds, and clear it."""
    try:
        await asyncio.wait_for(event.wait(), sweep_after)
    except TimeoutError:
        return
    finally:
        event.clear()
