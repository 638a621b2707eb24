"""Look-ups by id that are wanted at the same moment, made as one."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")
LookUp = Callable[[Collection[str]], Awaitable[Mapping[str, T]]]


class Gathering(Generic[T]):
    """Asks `look_up` once for all ids that are asked for in one turn of the event loop."""

    def __init__(self, look_up: LookUp[T]) -> None:
        self._look_up = look_up
        self._asked: asyncio.Task[Mapping[str, T]] | None = None
        self._ids: set[str] = set()

    async def one(self, row_id: str) -> T | None:
        """What there is under this id, or None. Raises what `look_up` raises."""
        if self._asked is None:
            self._ids = set()
            self._asked = asyncio.create_task(self._ask(self._ids))
        self._ids.add(row_id)
        return (await asyncio.shield(self._asked)).get(row_id)

    async def _ask(self, ids: set[str]) -> Mapping[str, T]:
        await asyncio.sleep(0)
        self._asked = None
        return await self._look_up(ids)
