"""An independent reader with the administrators' rights: what the store, the objects and the bus really hold."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # it names no exports
from minio import Minio
from pymongo import MongoClient
from pymongo.database import Database

from contracts.topics import BY_NAME, TOPICS
from stack.control import Stack
from stack.environment import SERVICES
from tests.system.waiting import persistently

Row = dict[str, Any]
Ends = Mapping[tuple[str, int], int]
ASK_BOUND_S = 60.0
READ_BOUND_S = 30.0
DEAD_LETTERS = tuple(topic.name for topic in TOPICS if topic.name.endswith(".dead-letters"))
QUEUES = (("messaging", "consignments"), ("notifier", "notices"), ("notifier", "codes"))
FOR_ANOTHER_DAY = ["digest", "reminder"]  # they wait for an evening, and for nothing else


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record as the bus holds it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]

    @property
    def type(self) -> str:
        """The event's type."""
        return self.headers.get("ce_type", b"").decode()


class Observer:
    """Reads everything, writes nothing."""

    def __init__(self, stack: Stack) -> None:
        secrets = stack.env("provision")
        self._mongo: MongoClient[Row] = MongoClient(
            secrets["PLI_MONGO_URI"],
            username=secrets["PLI_MONGO_USERNAME"],
            password=secrets["PLI_MONGO_PASSWORD"],
            tz_aware=True,
            serverSelectionTimeoutMS=30_000,
        )
        self._objects = Minio(
            secrets["PLI_OBJECTS_ENDPOINT"], secrets["PLI_OBJECTS_ACCESS_KEY"], secrets["PLI_OBJECTS_SECRET_KEY"],
            secure=False, region=secrets["PLI_OBJECTS_REGION"],
        )  # fmt: skip
        self._kafka: dict[str, str | int | float | bool] = {
            "bootstrap.servers": secrets["PLI_KAFKA_BOOTSTRAP"],
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": secrets["PLI_KAFKA_USERNAME"],
            "sasl.password": secrets["PLI_KAFKA_PASSWORD"],
            "log_level": 0,
        }
        self._admin = AdminClient(self._kafka)

    def database(self, service: str) -> Database[Row]:
        """A service's database."""
        return self._mongo[service]

    def object(self, key: str, bucket: str = "messaging") -> bytes:
        """An object's bytes."""
        answer = self._objects.get_object(bucket, key)
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()

    def sha256(self, key: str, bucket: str = "messaging") -> str:
        """The SHA-256 of an object's bytes."""
        return hashlib.sha256(self.object(key, bucket)).hexdigest()

    def keys(self, prefix: str, bucket: str = "messaging") -> list[str]:
        """The keys of the objects below a prefix."""
        return [str(found.object_name) for found in self._objects.list_objects(bucket, prefix, recursive=True)]

    def ends(self, topics: Iterable[str]) -> dict[tuple[str, int], int]:
        """Where each partition of these topics ends."""
        asked = {
            TopicPartition(name, number): _latest()
            for name in topics
            for number in range(BY_NAME[name].partitions)
        }
        return persistently(partial(self._offsets, asked), KafkaException, what="where the topics end")

    def _offsets(self, asked: dict[TopicPartition, OffsetSpec]) -> dict[tuple[str, int], int]:
        found = self._admin.list_offsets(asked, request_timeout=ASK_BOUND_S)
        try:
            return {(part.topic, part.partition): future.result().offset for part, future in found.items()}
        except KafkaException:
            self._admin = AdminClient(self._kafka)  # it never learns that a broker that was away leads anew
            raise

    def records(self, topics: Iterable[str], since: Ends) -> list[Record]:
        """The records of these topics from `since` to where they end now."""
        now = self.ends(topics)
        parts = [
            TopicPartition(*part, since.get(part, 0)) for part, end in now.items() if end > since.get(part, 0)
        ]
        with self._reading(parts) as messages:
            return [_record(message) for message in messages]

    @contextmanager
    def _reading(self, parts: list[TopicPartition]) -> Iterator[Iterator[Message]]:
        settings = {**self._kafka, "group.id": "tests", "enable.auto.commit": False, "enable.partition.eof": True}
        consumer = Consumer(settings)
        try:
            consumer.assign(parts)
            yield _to_their_ends(consumer, len(parts))
        finally:
            consumer.close()

    def lag(self) -> dict[str, int]:
        """How many records wait for each declared group."""
        ends = self.ends([topic.name for topic in TOPICS if topic.consumers])
        return {
            consumer.group: self._lag_of(
                consumer.group, {part: ends[part] for part in ends if part[0] == topic.name}
            )
            for topic in TOPICS
            for consumer in topic.consumers
        }

    def _lag_of(self, group: str, ends: Ends) -> int:
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(*part) for part in ends])
        answer = self._admin.list_consumer_group_offsets([asked], request_timeout=ASK_BOUND_S)[group].result()
        done = {(part.topic, part.partition): max(part.offset, 0) for part in answer.topic_partitions}
        return sum(end - done.get(part, 0) for part, end in ends.items())

    def unfinished(self) -> dict[str, int]:
        """What is still to be done anywhere: outbox and waiting rows, effects under way, records not consumed."""
        found: dict[str, int] = {}
        for service in SERVICES:
            for name in ("outbox", "waiting"):
                found[f"{service}.{name}"] = self.database(service)[name].count_documents({})
        for service, name in QUEUES:
            under_way = {"state": {"$in": ["queued", "sending"]}, "kind": {"$nin": FOR_ANOTHER_DAY}}
            found[f"{service}.{name}"] = self.database(service)[name].count_documents(under_way)
        found |= self.lag()
        return {name: count for name, count in found.items() if count}

    def close(self) -> None:
        """Let go of the store."""
        self._mongo.close()


def _to_their_ends(consumer: Consumer, parts: int) -> Iterator[Message]:
    ended = 0
    while ended < parts:
        message = consumer.poll(READ_BOUND_S)
        assert message is not None, "the bus gives nothing"
        error = message.error()
        if error is None:
            yield message
        elif error.code() == KafkaError._PARTITION_EOF:
            ended += 1
        else:
            raise AssertionError(error.str())


def _record(message: Message) -> Record:
    return Record(
        topic=str(message.topic()),
        partition=int(message.partition() or 0),
        offset=int(message.offset() or 0),
        key=_bytes(message.key()),
        value=_bytes(message.value()),
        headers=_headers(message),
    )


def _latest() -> OffsetSpec:
    found: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    return found


def _headers(message: Message) -> dict[str, bytes]:
    given: Any = message.headers() or []
    return {name: value or b"" for name, value in given}


def _bytes(given: bytes | str | None) -> bytes | None:
    return given.encode() if isinstance(given, str) else given
