"""Loops that run beside the requests: they survive errors, say them once, and end when told."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import ClassVar

from chassis.errors import BackingServiceAway, Kind, PliError, kind_of, recognise
from chassis.part import Check
from chassis.telemetry import log

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
PAUSE_WHEN_AWAY = (1.0, 5.0)
"""Between how many seconds work is left alone that could not be done because a backing service is away."""


class Loop:
    """Calls `turn` again and again. A turn that fails is logged and tried again after a growing pause."""

    def __init__(self, name: str, turn: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self.away: str | None = None
        """What keeps the loop from working at the moment, or None."""
        self._turn = turn
        self._task: asyncio.Task[None] | None = None
        self._pause = FIRST_PAUSE

    def start(self) -> None:
        """Begin, unless it has begun already."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=self.name)

    @property
    def running(self) -> bool:
        """Whether the loop is under way."""
        return self._task is not None and not self._task.done()

    async def stop(self) -> None:
        """End the loop, in the middle of a turn if need be."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def check(self) -> str | None:
        """None while the loop does its work, else why it doesn't."""
        return self.away if self.running else f"{self.name} has stopped"

    async def _run(self) -> None:
        while True:
            try:
                await self._turn()
                self.away, self._pause = None, FIRST_PAUSE
            except (Exception, asyncio.CancelledError) as error:
                if _told_to_end():
                    return
                self._note(error)
                await asyncio.sleep(self._pause * random.uniform(0.5, 1.5))
                self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _note(self, error: BaseException) -> None:
        known = recognise(error)
        said = _name_of(known) if known else type(error).__name__
        if kind_of(error) is Kind.AWAY:
            if self.away != said:
                log.warning("loop.away", loop=self.name, what=str(known))
        else:
            log.error("loop.failed", loop=self.name, exc_info=error)
        self.away = said


class Recurring:
    """A part that does its turn again and again. Readiness is not its concern, unless `checks` says so."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self._loop = Loop(self.name, self._turn)

    async def start(self) -> None:
        """Begin; what a turn needs may come later."""
        self._loop.start()

    async def stop(self) -> None:
        """End, in the middle of a turn if need be: each turn takes up what the last one left."""
        await self._loop.stop()

    def checks(self) -> Mapping[str, Check]:
        """None."""
        return {}

    async def _turn(self) -> None:
        raise NotImplementedError


def _name_of(error: PliError) -> str:
    """Its code, and which service is away: another one is another reason."""
    return f"{error.code} {error.what}" if isinstance(error, BackingServiceAway) else error.code


def _told_to_end() -> bool:
    """Whether this task itself is cancelled; clients also let the cancelling of tasks of their own escape."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
