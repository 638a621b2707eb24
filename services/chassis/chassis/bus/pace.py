"""When lanes begin: records that come while others are processed are taken a few at a time (docs/adr/0014)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from chassis.bus.subscription import Raw
from chassis.errors import BackingServiceAway

SETTLES = 0.005
"""Seconds in which records that were published together have reached every lane."""

Take = Callable[[], Awaitable[Sequence[Raw]]]
"""All that a lane has in hand, with what was fetched for it since it was asked last."""


class Processes(Protocol):
    """What is done with records (`Processing`)."""

    async def batch(self, raws: Sequence[Raw]) -> None:
        """Those of one lane, to whatever end they have. Raises `BackingServiceAway`."""
        ...

    async def together(self, raws: Sequence[Raw]) -> bool:
        """Those of several lanes; False when one of them must be looked at alone, and nothing was committed."""
        ...


@dataclass(eq=False)
class _Joining:
    """A lane that waits for the next beginning; `done` says whether its records were processed with others'."""

    take: Take
    raws: Sequence[Raw] = ()
    done: "asyncio.Future[bool]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Pace:
    """Has the lanes of one subscription begin together, when what is under way has ended.

    For `patience` seconds at most: what takes long holds up nobody for longer. What comes while nothing is under
    way waits only until it has settled, and a lane with `most` records waits for nobody. What could not be
    processed with another lane's records is processed by its own lane: trouble stays where it is.
    """

    def __init__(
        self,
        processing: Processes,
        *,
        patience: float,
        most: int,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._processing = processing
        self._patience = patience
        self._most = most
        self._wait = wait
        self._joining: list[_Joining] = []
        self._turn = asyncio.Lock()
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def process(self, take: Take) -> None:
        """Process what a lane has in hand when its turn comes. Raises what `take` and `batch` do."""
        raws = await take()
        if self._patience and len(raws) < self._most:
            mine = _Joining(take, raws)
            if await self._joined(mine):
                return
            raws = mine.raws
        with self._counted():
            await self._processing.batch(raws)

    async def _joined(self, mine: _Joining) -> bool:
        """Whether these records were processed with those of another lane. One of them does it for all."""
        self._joining.append(mine)
        try:
            async with self._turn:
                group = await self._beginning() if mine in self._joining else []
        finally:
            if mine in self._joining:
                self._joining.remove(mine)
        if group:
            with self._counted():
                return await self._begin(mine, group)
        return await mine.done

    async def _beginning(self) -> list[_Joining]:
        """Who begins, once it is time."""
        await self._until_idle()
        await self._wait(SETTLES)
        group, self._joining = self._joining, []
        return group

    async def _until_idle(self) -> None:
        idle, late = (asyncio.ensure_future(one) for one in (self._idle.wait(), self._wait(self._patience)))
        try:
            await asyncio.wait((idle, late), return_when=asyncio.FIRST_COMPLETED)
        finally:
            idle.cancel()
            late.cancel()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def _begin(self, mine: _Joining, group: Sequence[_Joining]) -> bool:
        others = [one for one in group if one is not mine]
        try:
            for one in group:
                one.raws = await one.take()
            fitting = self._fitting([mine, *others])
            together = len(fitting) > 1 and await self._processing.together(
                [raw for one in fitting for raw in one.raws]
            )
        except BaseException as error:
            _fail(others, error)
            raise
        for one in others:
            _end(one, together and one in fitting)
        return together

    def _fitting(self, group: Sequence[_Joining]) -> list[_Joining]:
        """Those whose records make one batch."""
        fitting, count = [], 0
        for one in group:
            if count + len(one.raws) <= self._most:
                fitting.append(one)
                count += len(one.raws)
        return fitting


def _end(one: _Joining, together: bool) -> None:
    if not one.done.done():
        one.done.set_result(together)


def _fail(group: Sequence[_Joining], error: BaseException) -> None:
    """Who is told so gives its records back, whoever was at fault."""
    told = error if isinstance(error, Exception) else BackingServiceAway("bus")
    for one in group:
        if not one.done.done():
            one.done.set_exception(told)
