"""All that a process consumes: lanes over FastStream's broker, the sweeper of what waits, dead letters."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from faststream.kafka import KafkaBroker

from chassis.background import Loop
from chassis.bus.client import security
from chassis.bus.dead_letters import DeadLetters
from chassis.bus.lane import Lane
from chassis.bus.pace import Pace
from chassis.bus.processing import Processing
from chassis.bus.subscription import Subscription
from chassis.bus.waiting import Waiting, is_over, raw_of
from chassis.clock import now
from chassis.errors import BackingServiceAway, NotYet
from chassis.part import Check
from chassis.settings import Settings
from chassis.store import Row, Store

SWEEP_EVERY = 0.5
LOOK_EVERY = 1.0
ANSWER_WITHIN = 1.5


class Bus:
    """Consumes `subscriptions`, each in `settings.lanes` lanes of its fixed group."""

    name = "bus"

    def __init__(self, settings: Settings, store: Store[Any], subscriptions: Sequence[Subscription]) -> None:
        self._settings = settings
        self._dead_letters = DeadLetters(settings)
        self._waiting = Waiting(store)
        self._processings = {
            subscription.topic: Processing(store, subscription, self._waiting, self._dead_letters)
            for subscription in subscriptions
        }
        self._broker: KafkaBroker | None = None
        self._lanes: list[Lane] = []
        self._sweeper = Loop("waiting-sweeper", self._sweep)
        self._reviver = Loop("lane-reviver", self._revive)

    async def start(self) -> None:
        """Connect and consume. Raises `BackingServiceAway` while the bus is."""
        await self._dead_letters.start()
        broker, lanes = self._build()
        try:
            await broker.connect()
            await _together([lane.start() for lane in lanes])
        except BaseException:
            await broker.stop()
            raise
        self._broker, self._lanes = broker, lanes
        self._sweeper.start()
        self._reviver.start()

    async def stop(self) -> None:
        """Finish the records under way, commit their offsets, leave the groups."""
        await self._reviver.stop()
        await self._sweeper.stop()
        if self._broker is not None:
            await self._broker.stop()
        await self._dead_letters.stop()

    def checks(self) -> Mapping[str, Check]:
        """Ready while every lane consumes and a broker answers."""
        return {"consuming": self._check}

    def _build(self) -> tuple[KafkaBroker, list[Lane]]:
        broker = KafkaBroker(
            self._settings.kafka_bootstrap,
            security=security(self._settings),
            client_id=self._settings.service,
            allow_auto_create_topics=False,
            apply_types=False,
            graceful_timeout=self._settings.stop_within / 2,
            logger=logging.getLogger("pli.bus"),
        )
        lanes: list[Lane] = []
        for processing in self._processings.values():
            pace = self._pace(processing)
            lanes += [Lane(self._settings, broker, processing, pace) for _ in range(self._settings.lanes)]
        return broker, lanes

    def _pace(self, processing: Processing) -> Pace:
        """Only floods are paced: what a person waits for comes alone."""
        patience = self._settings.patience_ms / 1000 if processing.subscription.in_floods else 0.0
        return Pace(processing, patience=patience, most=self._settings.batch)

    async def _check(self) -> str | None:
        if not self._lanes:
            return "not started"
        for lane in self._lanes:
            if wrong := await lane.wrong():
                return f"{lane.name}: {wrong}"
        answers = await self._lanes[0].bus_answers(ANSWER_WITHIN)
        return None if answers else "the bus does not answer"

    async def _revive(self) -> None:
        await asyncio.sleep(LOOK_EVERY)
        try:
            for lane in self._lanes:
                await lane.revive()
        except TimeoutError as error:
            raise BackingServiceAway("bus") from error

    async def _sweep(self) -> None:
        await asyncio.sleep(SWEEP_EVERY)
        for row in await self._waiting.due(list(self._processings)):
            if await self._waiting.take(row):
                await self._try_again(row)

    async def _try_again(self, row: Row) -> None:
        processing = self._processings[row["topic"]]
        raw = raw_of(row)
        if not await processing.again(raw):
            if not is_over(row, now()):
                await self._waiting.postpone(row)
                return
            await processing.give_up(raw, NotYet.code, row["attempts"])
        await self._waiting.forget(row)
        processing.over([raw])


async def _together(starts: Sequence[Coroutine[Any, Any, None]]) -> None:
    """All at once: a group that is joined by one lane after the other is balanced anew for each of them."""
    for result in await asyncio.gather(*starts, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
