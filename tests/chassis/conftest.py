"""A bus, a store and topics of their own for the chassis's tests on the real stack."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Annotated, Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from msgspec import Meta

from chassis.bus.client import connection
from chassis.settings import Settings
from chassis.store import Store, Tx
from contracts import topics
from contracts.base import Event, Instant, PatientId
from contracts.topics import Consumer, Topic
from stack.control import Stack
from tests.chassis.effects import Peer


class Happened(Event, tag="trial.happened.v1", frozen=True, kw_only=True):
    """Something happened, for a test."""

    patient_id: PatientId
    number: Annotated[int, Meta(ge=0)]
    at: Instant


class Other(Event, tag="trial.other.v1", frozen=True, kw_only=True):
    """Something that the tested service doesn't know."""

    patient_id: PatientId


class TrialSettings(Settings):
    """The settings of a service that exists only here."""


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Iterator[Topic]:
    """A topic of the registry that lives for one test: `trial` writes it and reads it in a group."""
    name = f"trial-{uuid.uuid4().hex[:8]}"
    topic = Topic(
        name=f"{name}.events",
        says="a test",
        key="patient",
        events=(Happened, Other),
        producers=(name,),
        consumers=(Consumer(service=name, group=f"{name}-group"),),
        retention=topics.EVENT_DAYS,
        partitions=3,
    )
    monkeypatch.setattr(topics, "TOPICS", (*topics.TOPICS, topic))
    monkeypatch.setitem(topics.BY_NAME, topic.name, topic)
    yield topic


@pytest.fixture
async def settings(stack: Stack, trial: Topic) -> AsyncIterator[Settings]:
    """Settings of the service `trial`, whose topics exist; both go with the test."""
    made = _settings(stack, trial)
    admin = AIOKafkaAdminClient(**connection(made))
    await admin.start()
    names = [trial.name, f"{made.service}.dead-letters"]
    room = {"max.message.bytes": str(topics.LARGEST_DEAD_LETTER)}
    await admin.create_topics([NewTopic(name, trial.partitions, 1, topic_configs=room) for name in names])
    yield made
    await admin.delete_topics(names)
    await admin.close()


def _settings(stack: Stack, trial: Topic) -> Settings:
    known = stack.env("provision")
    service = type("Settings", (TrialSettings,), {"service": trial.producers[0]})
    made: Settings = service(
        kafka_bootstrap=known["PLI_KAFKA_BOOTSTRAP"],
        kafka_username=known["PLI_KAFKA_USERNAME"],
        kafka_password=known["PLI_KAFKA_PASSWORD"],
        session_timeout_ms=6_000,
        mongo_uri=known["PLI_MONGO_URI"],
        mongo_database="admin",
        mongo_username=known["PLI_MONGO_USERNAME"],
        mongo_password=known["PLI_MONGO_PASSWORD"],
        http_port=1,
        public_origin="http://localhost",
        lanes=1,
    )
    return made


class TrialStore(Store[Tx]):
    """A store whose collections have a prefix of their own, inside the administrator's database."""

    def collection(self, name: str) -> Any:
        return super().collection(f"{self.service}-{name}")


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[TrialStore]:
    """An empty store."""
    store = TrialStore(settings)
    yield store
    for name in await store._database.list_collection_names():
        if name.startswith(settings.service):
            await store._database.drop_collection(name)
    store.close()


@pytest.fixture
def peer() -> Peer:
    """What effects reach."""
    return Peer()


@pytest.fixture
def eventually() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    """Wait, generously, until something is so."""

    async def wait(holds: Callable[[], Awaitable[bool]], within: float = 30.0) -> None:
        async with asyncio.timeout(within):
            while not await holds():
                await asyncio.sleep(0.05)

    return wait
