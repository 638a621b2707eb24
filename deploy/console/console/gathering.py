"""Looks at the bus on a schedule and keeps the last figures for the page, the metrics and readiness."""

import asyncio
from contextlib import AsyncExitStack, suppress

from chassis.clock import now
from chassis.telemetry import log
from console.bus import BusAway, connected
from console.domain.figures import Snapshot
from console.settings import ConsoleSettings


class Gathering:
    """A task that renews `latest`; while the bus is away it keeps trying, and `fresh` becomes None."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._settings = settings
        self._task: asyncio.Task[None] | None = None
        self.latest: Snapshot | None = None

    @property
    def fresh(self) -> Snapshot | None:
        """The last figures if they may be shown as the present."""
        return self.latest if self.latest and self.latest.is_fresh(now()) else None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="gathering")

    async def stop(self) -> None:
        """Look no more."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                await self._look_until_it_fails()
            except BusAway as error:
                log.warning("bus.away", what=str(error))
            await asyncio.sleep(self._settings.gather_every)

    async def _look_until_it_fails(self) -> None:
        async with AsyncExitStack() as stack:
            bus = await stack.enter_async_context(connected(self._settings))
            while True:
                self.latest = await bus.snapshot()
                await asyncio.sleep(self._settings.gather_every)
