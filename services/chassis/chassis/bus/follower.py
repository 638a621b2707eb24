"""A follower reads a topic without a group, in every replica: keys, ended sessions, live updates."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError

from chassis.background import Loop
from chassis.bus.client import connection
from chassis.bus.standing import Standing
from chassis.clock import Clock, now
from chassis.errors import BackingServiceAway
from chassis.part import Check
from chassis.settings import Settings
from chassis.telemetry import continuing, log
from contracts.base import Event, event_type
from contracts.cloudevents import read_envelope
from contracts.topics import BY_NAME

LOOK_EVERY = 3.0
ANSWER_WITHIN = 2.0
IN_VAIN = 2
"""Fetches without a record, although the same ones lay there before and after: then another consumer begins."""

Handle = Callable[[Any], Awaitable[None]]


class Follower:
    """Hands every event of the given types to `handle`, from the beginning of the topic or from now on.

    A handler must not fail; one that does is logged and the next event follows.
    """

    def __init__(
        self,
        settings: Settings,
        topic: str,
        events: Sequence[type[Event]],
        handle: Handle,
        *,
        from_beginning: bool,
        clock: Clock = now,
    ) -> None:
        self.name = f"follows-{topic}"
        self.caught_up = False
        """Whether everything that was on the topic at the start has been handled."""
        self._settings = settings
        self._topic = BY_NAME[topic]
        self._decoders = {event_type(event): msgspec.json.Decoder(event) for event in events}
        self._handle = handle
        self._from_beginning = from_beginning
        self._clock = clock
        self._fresh_at: datetime | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._loop = Loop(self.name, self._follow)

    async def start(self) -> None:
        """Begin to follow; the bus may come later."""
        self._loop.start()

    async def stop(self) -> None:
        """Stop following."""
        await self._loop.stop()
        await self._drop()

    def checks(self) -> Mapping[str, Check]:
        """Ready once all that was on the topic at the start has been handled."""
        return {self.name: self._check}

    def fresh(self, within: timedelta) -> bool:
        """Whether this follower was seen at the topic's end in the last `within`."""
        return self._fresh_at is not None and self._clock() - self._fresh_at <= within

    async def _check(self) -> str | None:
        return None if self.caught_up else "not caught up yet"

    async def _follow(self) -> None:
        try:
            consumer, standing = await self._started(), Standing()
            looked_at, in_vain = 0.0, 0
            while True:
                fetched = await consumer.getmany(timeout_ms=int(LOOK_EVERY * 1000))
                for records in fetched.values():
                    await self._all(records)
                clock = asyncio.get_running_loop().time()
                if not self.caught_up or clock - looked_at >= LOOK_EVERY:
                    looked_at = clock
                    await self._look(consumer, standing)
                in_vain = in_vain + 1 if standing.stalled and not fetched else 0
                if in_vain == IN_VAIN:
                    raise BackingServiceAway("bus")
        except KafkaError as error:
            raise BackingServiceAway("bus") from error
        finally:
            await self._drop()

    async def _started(self) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            self._topic.name,
            **connection(self._settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        self._consumer = consumer
        await consumer.start()
        if not self._from_beginning:
            await consumer.seek_to_end(*consumer.assignment())
        await self._look(consumer, Standing())
        return consumer

    async def _look(self, consumer: AIOKafkaConsumer, standing: Standing) -> None:
        """Ask the broker, not the cache, where the topic ends: only its answer makes us fresh."""
        await standing.look(consumer, ANSWER_WITHIN)
        if not standing.behind:
            self.caught_up, self._fresh_at = True, self._clock()

    async def _all(self, records: Sequence[ConsumerRecord]) -> None:
        for record in records:
            try:
                await self._one(record)
            except Exception as error:
                log.error("follower.unreadable", topic=record.topic, offset=record.offset, exc_info=error)

    async def _one(self, record: ConsumerRecord) -> None:
        envelope = read_envelope(record.headers)
        decoder = self._decoders.get(envelope.type)
        if decoder is None or envelope.source not in self._topic.producers:
            return
        with continuing(envelope.traceparent, envelope.type):
            await self._handle(decoder.decode(record.value or b""))

    async def _drop(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(consumer.stop(), 2.0)
