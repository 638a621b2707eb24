"""How fresh the copy of auth's patients is: the door says "unknown" only while the worker has seen them all."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.background import Loop
from chassis.bus.client import connection
from chassis.clock import Clock
from chassis.errors import BackingServiceAway
from chassis.part import Check
from contracts.topics import BY_NAME
from messaging.settings import MessagingSettings
from messaging.store import MessagingStore

LOOK_EVERY = 3.0
ANSWER_WITHIN = 3.0
TOPIC = "auth.patients"


class Freshness:
    """Asks the bus where the topic ends and compares with what our group has committed."""

    name = "freshness"

    def __init__(self, settings: MessagingSettings, store: MessagingStore, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._consumer: AIOKafkaConsumer | None = None
        self._loop = Loop(self.name, self._look)

    async def start(self) -> None:
        """Begin to look."""
        self._loop.start()

    async def stop(self) -> None:
        """Stop looking."""
        await self._loop.stop()
        await self._drop()

    def checks(self) -> Mapping[str, Check]:
        """Ready while it looks."""
        return {self.name: self._loop.check}

    async def _look(self) -> None:
        at = self._clock()
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                caught_up = await self._is_caught_up(await self._connected())
        except (KafkaError, TimeoutError) as error:
            await self._drop()
            raise BackingServiceAway("bus") from error
        if caught_up:
            await self._store.mark_caught_up(TOPIC, at)
        await asyncio.sleep(LOOK_EVERY if caught_up else LOOK_EVERY / 6)

    async def _is_caught_up(self, consumer: AIOKafkaConsumer) -> bool:
        partitions = [TopicPartition(TOPIC, number) for number in range(await self._count(consumer))]
        ends = await consumer.end_offsets(partitions)
        begins = await consumer.beginning_offsets(partitions)
        committed = await asyncio.gather(*(consumer.committed(partition) for partition in partitions))
        done = dict(zip(partitions, committed, strict=True))
        return all((done[partition] or begins[partition]) >= end for partition, end in ends.items())

    async def _count(self, consumer: AIOKafkaConsumer) -> int:
        found = consumer.partitions_for_topic(TOPIC)
        if not found:
            raise BackingServiceAway("bus")
        return len(found)

    async def _connected(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                **connection(self._settings),
                group_id=BY_NAME[TOPIC].group_of(self._settings.service),
                enable_auto_commit=False,
            )
            self._consumer = consumer
            await consumer.start()
            consumer.assign([TopicPartition(TOPIC, 0)])
            await consumer._client.fetch_all_metadata()
        return self._consumer

    async def _drop(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(consumer.stop(), 2.0)
