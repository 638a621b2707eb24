"""The only module that knows aiokafka: one consumer and one admin client, reused for every look at the bus."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiokafka
import aiokafka.errors
from aiokafka.admin import AIOKafkaAdminClient

from chassis.clock import now
from console.domain.figures import GroupFigures, Offsets, Snapshot, TopicFigures, is_dead_letters, lag_of
from console.domain.letters import DeadLetter, read_letter
from console.settings import ConsoleSettings
from contracts.topics import TOPICS, Consumer, Topic

_AT_ONCE = 500
_ASK_AGAIN = 0.2


class BusAway(Exception):
    """The bus does not answer, or refuses the console's user. Says what to look at."""


class Bus(Protocol):
    """What the console asks of a bus."""

    async def snapshot(self) -> Snapshot:
        """Where every declared topic and group stands. Raises `BusAway`."""
        ...

    async def dead_letters(self, topics: Sequence[str], limit: int) -> list[DeadLetter]:
        """The newest dead letters of these topics, newest first, at most `limit`. Raises `BusAway`."""
        ...


class KafkaBus:
    """A Kafka cluster seen by the console's user. Made by `connected`."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._bootstrap = settings.kafka_bootstrap
        self._timeout = settings.kafka_timeout_ms / 1000
        self._connection = connection(settings)
        self._coordinators: dict[str, int] = {}

    async def open(self) -> None:
        """Connect. Raises `BusAway`."""
        self._consumer = aiokafka.AIOKafkaConsumer(**self._connection, enable_auto_commit=False)
        self._admin = AIOKafkaAdminClient(**self._connection)
        try:
            async with self._answering():
                await self._consumer.start()
                await self._admin.start()
        except BusAway:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the connections."""
        await self._consumer.stop()
        await self._admin.close()

    async def snapshot(self) -> Snapshot:
        """See `Bus.snapshot`."""
        async with self._answering():
            topics = await self._topics(TOPICS)
            by_name = {one.topic.name: one for one in topics}
            groups = await asyncio.gather(
                *(self._group(by_name[topic.name], consumer) for topic in TOPICS for consumer in topic.consumers)
            )
        return Snapshot(taken_at=now(), topics=tuple(topics), groups=tuple(groups))

    async def dead_letters(self, topics: Sequence[str], limit: int) -> list[DeadLetter]:
        """See `Bus.dead_letters`."""
        async with self._answering():
            wanted = [topic for topic in TOPICS if topic.name in topics and is_dead_letters(topic)]
            figures = await self._topics(wanted)
            letters = await self._read_newest(_last_of_each(figures, limit))
        return sorted(letters, key=lambda letter: (letter.at, letter.offset), reverse=True)[:limit]

    async def _topics(self, topics: Sequence[Topic]) -> list[TopicFigures]:
        partitions = await self._partitions([topic.name for topic in topics])
        begins, ends = await asyncio.gather(
            self._consumer.beginning_offsets(partitions), self._consumer.end_offsets(partitions)
        )
        begins_of, ends_of = _by_topic(begins), _by_topic(ends)
        return [
            TopicFigures(topic=topic, begins=begins_of[topic.name], ends=ends_of[topic.name]) for topic in topics
        ]

    async def _partitions(self, names: list[str]) -> list[aiokafka.TopicPartition]:
        described = await self._admin.describe_topics(names)
        return [
            aiokafka.TopicPartition(topic["topic"], partition["partition"])
            for topic in described
            for partition in topic["partitions"]
        ]

    async def _group(self, figures: TopicFigures, consumer: Consumer) -> GroupFigures:
        committed = await self._committed(consumer.group, figures) if figures.exists else {}
        return GroupFigures(
            service=consumer.service,
            group=consumer.group,
            topic=figures.topic.name,
            lag=lag_of(figures.begins, figures.ends, committed),
        )

    async def _committed(self, group: str, figures: TopicFigures) -> Offsets:
        if group not in self._coordinators:
            self._coordinators[group] = await self._coordinator(group)
        offsets = await self._admin.list_consumer_group_offsets(
            group, group_coordinator_id=self._coordinators[group]
        )
        found = {place: at.offset for place, at in offsets.items() if at.offset >= 0}
        return _by_topic(found)[figures.topic.name]

    async def _coordinator(self, group: str) -> int:
        """Who knows a group's offsets. A cluster that was never asked makes room for offsets first."""
        while True:
            try:
                return int(await self._admin.find_coordinator(group))
            except aiokafka.errors.GroupCoordinatorNotAvailableError:
                await asyncio.sleep(_ASK_AGAIN)

    async def _read_newest(self, starts: Mapping[aiokafka.TopicPartition, tuple[int, int]]) -> list[DeadLetter]:
        self._consumer.assign(list(starts))
        for place, (start, _) in starts.items():
            self._consumer.seek(place, start)
        left = set(starts)
        letters: list[DeadLetter] = []
        while left:
            batches = await self._consumer.getmany(*left, timeout_ms=500, max_records=_AT_ONCE)
            letters += [_letter(record) for records in batches.values() for record in records]
            left = {place for place in left if await self._consumer.position(place) < starts[place][1]}
        return letters

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        """Turn what the client raises into `BusAway`, and forget who coordinates whom."""
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except (aiokafka.errors.KafkaError, OSError, TimeoutError) as error:
            self._coordinators.clear()
            what = str(error) or "no answer in time"
            raise BusAway(f"the bus at {self._bootstrap} does not answer: {what}") from error


@asynccontextmanager
async def connected(settings: ConsoleSettings) -> AsyncIterator[KafkaBus]:
    """A bus for the length of a block. Raises `BusAway`."""
    bus = KafkaBus(settings)
    await bus.open()
    try:
        yield bus
    finally:
        await bus.close()


def connection(settings: ConsoleSettings) -> dict[str, Any]:
    """What every Kafka client of the console is opened with: SCRAM, over TLS where asked."""
    return {
        "bootstrap_servers": settings.kafka_bootstrap,
        "client_id": "console",
        "request_timeout_ms": settings.kafka_timeout_ms,
        "security_protocol": "SASL_SSL" if settings.kafka_tls else "SASL_PLAINTEXT",
        "ssl_context": ssl.create_default_context() if settings.kafka_tls else None,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": settings.kafka_username,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
    }


def _by_topic(offsets: Mapping[aiokafka.TopicPartition, int]) -> defaultdict[str, dict[int, int]]:
    found: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for place, offset in offsets.items():
        found[place.topic][place.partition] = offset
    return found


def _last_of_each(figures: Sequence[TopicFigures], limit: int) -> dict[aiokafka.TopicPartition, tuple[int, int]]:
    """For each partition that holds something: from which offset, and up to which, to read."""
    return {
        aiokafka.TopicPartition(one.topic.name, partition): (max(one.begins[partition], end - limit), end)
        for one in figures
        for partition, end in one.ends.items()
        if end > one.begins[partition]
    }


def _letter(record: Any) -> DeadLetter:
    return read_letter(record.topic, record.partition, record.offset, record.headers, record.value)
