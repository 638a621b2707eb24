"""What auth and messaging would do, with their own users, for tests on the running stack."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from chassis.bus import Follower
from chassis.bus.client import durable_producer
from chassis.clock import now
from chassis.identity.tokens import issue, key_id_of, raw_public
from chassis.ids import new_id
from chassis.objects import Objects
from contracts.auth import SigningKeyPublished
from contracts.base import Event, event_type
from contracts.cloudevents import Envelope
from contracts.topics import topic_of
from stack.control import Stack

E = TypeVar("E", bound=Event)
WITHIN = 30.0


class Neighbour:
    """A producer with a service's own user."""

    def __init__(self, stack: Stack, service: str, process: str | None = None) -> None:
        self.service = service
        self.settings = settings_of(stack, service, process or service)

    async def publish(self, event: Event, key: str) -> None:
        """Send one event as this service does."""
        envelope = Envelope(id=new_id(), type=event_type(event), source=self.service, time=now(), subject=key)
        producer = durable_producer(self.settings)
        await producer.start()
        try:
            await producer.send_and_wait(
                topic_of(type(event), self.service).name,
                msgspec.json.encode(event),
                key=key.encode(),
                headers=envelope.headers(),
            )
        finally:
            await producer.stop()


class Sessions:
    """auth's signing key of this test run, and the tokens signed with it."""

    def __init__(self, auth: Neighbour) -> None:
        self._auth = auth
        self._key = Ed25519PrivateKey.generate()

    async def publish(self) -> None:
        """Let every service know the key."""
        public = raw_public(self._key)
        event = SigningKeyPublished(key_id=key_id_of(public), public_key=public, published_at=now())
        await self._auth.publish(event, event.key_id)

    def cookie(self, patient_id: str) -> str:
        """A browser's cookie for this patient."""
        ends = datetime.now(UTC) + timedelta(hours=1)
        token = issue(
            self._key,
            patient_id=patient_id,
            actor=patient_id,
            session_id=new_id(),
            session_ends_at=ends,
            at=datetime.now(UTC),
        )
        return f"__Host-pli={token}"


def settings_of(stack: Stack, service: str, process: str) -> Any:
    """The connections of a service, as the stack gives them to its process."""
    known = stack.env(process)
    return SimpleNamespace(
        service=service,
        kafka_bootstrap=known["PLI_KAFKA_BOOTSTRAP"],
        kafka_username=known["PLI_KAFKA_USERNAME"],
        kafka_password=SecretStr(known["PLI_KAFKA_PASSWORD"]),
        kafka_tls=False,
        objects_endpoint=known.get("PLI_OBJECTS_ENDPOINT"),
        objects_access_key=known.get("PLI_OBJECTS_ACCESS_KEY"),
        objects_secret_key=SecretStr(known.get("PLI_OBJECTS_SECRET_KEY", "")),
        objects_bucket=known.get("PLI_OBJECTS_BUCKET"),
        objects_region=known.get("PLI_OBJECTS_REGION", "us-east-1"),
        objects_tls=False,
        objects_threads=2,
    )


def objects_of(neighbour: Neighbour) -> Objects:
    """The bucket of a service, with its own user."""
    return Objects(neighbour.settings)


class Ear:
    """Hears what is published on a topic from now on, with a neighbour's right to read it."""

    def __init__(self, reader: Neighbour, topic: str, *kinds: type[Event]) -> None:
        self._heard: list[Event] = []
        self._follower = Follower(reader.settings, topic, kinds, self._hear, from_beginning=False)

    async def __aenter__(self) -> "Ear":
        await self._follower.start()
        await until(lambda: self._follower.caught_up)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._follower.stop()

    async def _hear(self, event: Event) -> None:
        self._heard.append(event)

    async def first(self, kind: type[E], **fields: object) -> E:
        """The first event of that kind with those fields, as soon as it comes."""

        def such() -> list[E]:
            return [
                event
                for event in self._heard
                if isinstance(event, kind) and fields.items() <= msgspec.structs.asdict(event).items()
            ]

        await until(lambda: bool(such()))
        return such()[0]


async def until(holds: Callable[[], bool]) -> None:
    """Wait, generously, until something is so."""
    async with asyncio.timeout(WITHIN):
        while not holds():
            await asyncio.sleep(0.05)
