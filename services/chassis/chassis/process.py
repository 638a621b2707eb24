"""One process: its parts start as their backing services come, serve, and stop within ten seconds."""

import asyncio
import gc
import random
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn

from chassis.background import FIRST_PAUSE, LONGEST_PAUSE
from chassis.part import Part
from chassis.readiness import Readiness
from chassis.settings import Settings
from chassis.telemetry import log, set_up_logs


class Process:
    """Runs `parts` beside the web application until SIGTERM or SIGINT.

    `fronts` take work in from outside: they stop first, while what they need still runs.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        *,
        app: Any,
        parts: Sequence[Part],
        fronts: Sequence[Part] = (),
        readiness: Readiness,
        stopping: asyncio.Event,
    ) -> None:
        set_up_logs(name, settings.log_level)
        self.name = name
        self._settings = settings
        self._parts = parts
        self._fronts = fronts
        self._readiness = readiness
        self._stopping = stopping
        self._server = _Server(
            uvicorn.Config(
                app,
                host=settings.http_host,
                port=settings.http_port,
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                lifespan="off",
                timeout_keep_alive=75,
                timeout_graceful_shutdown=max(1, int(settings.stop_within / 2)),
                h11_max_incomplete_event_size=64 * 1024,
            )
        )
        readiness.expect([*fronts, *parts])

    async def run(self) -> None:
        """Serve until told to stop; then finish what is under way and let go, within `stop_within` seconds."""
        self._listen_for_signals()
        _keep_what_is_built()
        starting = [
            asyncio.create_task(self._start(part), name=part.name) for part in (*self._fronts, *self._parts)
        ]
        serving = asyncio.create_task(self._server.serve())
        log.info("process.started", port=self._settings.http_port)
        await asyncio.wait({serving, asyncio.create_task(self._stopping.wait())}, return_when="FIRST_COMPLETED")
        self._stopping.set()
        await self._end(starting, serving)
        log.info("process.stopped")

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)

    async def _start(self, part: Part) -> None:
        """Start a part, again and again while what it needs is away."""
        pause = FIRST_PAUSE
        while True:
            try:
                await part.start()
            except Exception as error:
                log.warning("part.waits", part=part.name, exc_info=error)
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self._readiness.started(part)
                return

    async def _end(self, starting: Sequence["asyncio.Task[None]"], serving: "asyncio.Task[None]") -> None:
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        self._server.should_exit = True
        try:
            async with asyncio.timeout(self._settings.stop_within):
                await asyncio.gather(serving, *(self._stop(part) for part in self._fronts))
                await asyncio.gather(*(self._stop(part) for part in self._parts))
        except TimeoutError:
            log.error("process.cut", within=self._settings.stop_within)

    async def _stop(self, part: Part) -> None:
        try:
            await part.stop()
        except Exception as error:
            log.error("part.stopped-badly", part=part.name, exc_info=error)


def _keep_what_is_built() -> None:
    """What was imported and built stays for the process's life.

    Each full search for garbage looked at all of it, 60 ms in which nobody was answered.
    """
    gc.collect()
    gc.freeze()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
