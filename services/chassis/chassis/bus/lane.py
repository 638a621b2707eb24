"""A lane: one consumer of a subscription's group, as FastStream runs it, with at-least-once delivery."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.exceptions import NackMessage
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.message import StreamMessage

from chassis.background import PAUSE_WHEN_AWAY
from chassis.bus.pace import Pace
from chassis.bus.processing import Processing
from chassis.bus.standing import Standing
from chassis.bus.subscription import Raw
from chassis.errors import BackingServiceAway
from chassis.settings import Settings
from chassis.telemetry import log

STUCK_AFTER = 20.0
LOOK_EVERY = 5.0
ANSWER_WITHIN = 1.0
AWAY_IS_SAID_FOR = PAUSE_WHEN_AWAY[1] + 5.0


class Lane:
    """Consumes for one subscription; one record at a time, with what else there is when `pace` lets it begin."""

    def __init__(self, settings: Settings, broker: KafkaBroker, processing: Processing, pace: Pace) -> None:
        self._clock = asyncio.get_running_loop().time
        self._away: tuple[str, float] | None = None
        self._busy = False
        self._processing = processing
        self._pace = pace
        self._batch = settings.batch
        self._moved_at = self._clock()
        self._standing, self._looked_at = Standing(), 0.0
        self._subscriber = broker.subscriber(
            processing.subscription.topic,
            group_id=processing.subscription.declared.group_of(settings.service),
            ack_policy=AckPolicy.NACK_ON_ERROR,
            auto_offset_reset="earliest",
            max_poll_interval_ms=settings.max_poll_interval_ms,
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=max(300, settings.session_timeout_ms // 4),
            fetch_max_wait_ms=500,
            parser=_tolerant,
            decoder=_as_it_came,
        )
        self._subscriber(self._handle)

    async def start(self) -> None:
        """Join the group and consume. Raises the bus's errors."""
        await self._subscriber.start()

    async def revive(self) -> None:
        """Join the group anew if nothing is consumed any more. Raises the bus's errors.

        A client that leaves its group lets the cancelling of its own tasks escape; FastStream takes that for
        the end it was told, and starts nothing again. Of the death of a client's fetching it hears nothing.
        """
        if self._consuming and (self._busy or not await self._is_stuck()):
            return
        log.warning("lane.revived", topic=self.name)
        self._moved_at, self._standing = self._clock(), Standing()
        await self._subscriber.stop()
        await self._subscriber.start()

    @property
    def _consuming(self) -> bool:
        return self._subscriber.consumer is not None and not all(task.done() for task in self._subscriber.tasks)

    @property
    def name(self) -> str:
        """The topic this lane consumes."""
        return self._processing.subscription.topic

    @property
    def away(self) -> str | None:
        """What this lane waits for, or None. Said for a while only: its records may be another lane's by now."""
        if self._away is None or self._clock() - self._away[1] > AWAY_IS_SAID_FOR:
            return None
        return self._away[0]

    async def wrong(self) -> str | None:
        """What keeps this lane from consuming, or None."""
        consumer = self._subscriber.consumer
        if consumer is None or not self._consuming:
            return "not consuming"
        if self.away:
            return f"waits for {self.away}"
        if not consumer.assignment():
            return "no partitions yet"
        return "stuck" if await self._is_stuck() else None

    async def _is_stuck(self) -> bool:
        """Whether nothing was taken for a while although records lie there. Raises the bus's errors."""
        consumer: AIOKafkaConsumer | None = self._subscriber.consumer
        at = self._clock()
        if consumer is None or at - self._moved_at < STUCK_AFTER:
            return False
        if at - self._looked_at >= LOOK_EVERY:
            self._looked_at = at
            await self._standing.look(consumer, ANSWER_WITHIN)
        return self._standing.stalled

    async def bus_answers(self, within: float) -> bool:
        """Whether a broker answers this lane's consumer."""
        consumer = self._subscriber.consumer
        if consumer is None:
            return False
        try:
            await asyncio.wait_for(consumer.topics(), within)
        except (KafkaError, TimeoutError):
            return False
        return True

    async def _handle(self, message: KafkaMessage) -> None:
        """Called by FastStream with one record; what else has been fetched comes along."""
        consumer: Any = message.consumer
        first: Any = message.raw_message
        records = [first]
        self._moved_at, self._busy = self._clock(), True
        try:
            await self._pace.process(partial(self._taken, consumer, records))
        except Exception as error:
            await self._give_back(consumer, records, error)
        finally:
            self._moved_at, self._busy = self._clock(), False

    def _note(self, error: Exception) -> None:
        if self.away is None:
            log.warning("lane.away", topic=self.name, what=_away_name(error), exc_info=error)
        self._away = (_away_name(error), self._clock())

    async def _taken(self, consumer: Any, records: list[ConsumerRecord]) -> list[Raw]:
        await self._add_fetched(consumer, records)
        return [Raw.of(record) for record in records]

    async def _add_fetched(self, consumer: Any, records: list[ConsumerRecord]) -> None:
        """Of each partition a share, so that a flood in one holds up no other; then what there is room for.

        What was taken stands in `records` also if the next call fails: none may be passed over.
        """
        assigned = list(consumer.assignment())
        share = max(1, (self._batch - 1) // max(len(assigned), 1))
        for asked, most in (*(([partition], share) for partition in assigned), ([], self._batch - 1)):
            room = min(most, self._batch - len(records))
            if room > 0:
                fetched = await consumer.getmany(*asked, timeout_ms=0, max_records=room)
                records += [record for found in fetched.values() for record in found]

    async def _give_back(self, consumer: Any, records: Sequence[ConsumerRecord], error: Exception) -> None:
        """Wait a moment, rewind to before these records, and let FastStream ask for them again.

        A partition that another consumer got meanwhile is theirs: then there is nothing to refuse, and the
        commit that follows names the rewound positions only.
        """
        self._note(error)
        await asyncio.sleep(random.uniform(*PAUSE_WHEN_AWAY))
        _rewind(consumer, records)
        if TopicPartition(records[0].topic, records[0].partition) in consumer.assignment():
            raise NackMessage


def _away_name(error: Exception) -> str:
    return error.what if isinstance(error, BackingServiceAway) else type(error).__name__


def _rewind(consumer: Any, records: Sequence[ConsumerRecord]) -> None:
    """Back to the earliest of these records in each partition this consumer still has."""
    earliest: dict[TopicPartition, int] = {}
    for record in records:
        partition = TopicPartition(record.topic, record.partition)
        earliest[partition] = min(record.offset, earliest.get(partition, record.offset))
    for partition in set(earliest) & set(consumer.assignment()):
        consumer.seek(partition, earliest[partition])


async def _tolerant(record: ConsumerRecord, parse: Any) -> StreamMessage[Any]:
    """FastStream's parser reads every header as text; a stranger's header must not make it skip a record."""
    message: StreamMessage[Any] = await parse(replace(record, headers=()))
    message.raw_message = record
    return message


async def _as_it_came(message: StreamMessage[Any]) -> StreamMessage[Any]:
    return message
