"""A reply leaves until it is accepted, refused, or 48 hours have passed; every state is told once."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import aiosmtplib
import pytest
from msgspec.structs import replace

from chassis.clock import now
from chassis.effects import Again, Done, GiveUp
from chassis.errors import NotFound
from chassis.ids import new_id
from chassis.objects import StoredObject
from contracts.messaging import ReplyStateChanged
from messaging.domain.identifiers import derived_id
from messaging.domain.model import Delivery, Message, MessageKind, Party, Patient
from messaging.road import Road
from messaging.store.rows import row_of
from tests.messaging.fakes import FakeStore
from tests.messaging.mail.test_door import settings

PATIENT = Patient(
    id=new_id(),
    revision=1,
    status="active",
    given_name="Inaya",
    family_name="Michel",
    ins="288056938312340",
    mailbox_address="288056938312340@patient.mssante.fr",
)
CHRISTELLE = Party(name="Christelle Thomas", address="christelle@chu.mssante.fr")


class MailStore(FakeStore):
    """The fake store with deliveries."""

    async def delivery(self, delivery_id: str, tx: Any = None) -> Delivery | None:
        return self.kept["deliveries"].get(delivery_id)

    async def save_reply_state(self, tx: Any, delivery: Delivery) -> None:
        self.put("deliveries", delivery)


class Bucket:
    """Objects in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def read(self, key: str, most: int) -> bytes:
        if key not in self.kept:
            raise NotFound(key)
        return self.kept[key]

    async def put(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> StoredObject:
        self.kept[key] = b"".join([chunk async for chunk in chunks])
        return StoredObject(key=key, size=len(self.kept[key]), sha256="")


class Relay:
    """Answers what it is told to, and remembers what it was given."""

    def __init__(self) -> None:
        self.answer: Exception | None = None
        self.taken: list[tuple[str, str, bytes]] = []

    async def send(self, sender: str, recipient: str, content: bytes) -> None:
        if self.answer:
            raise self.answer
        self.taken.append((sender, recipient, content))


class House:
    """A road with a reply queued on it."""

    def __init__(self) -> None:
        self.store, self.bucket, self.relay = MailStore(), Bucket(), Relay()
        self.at = now()
        road_settings = settings(door_loopback_without_tls=True)
        self.road = Road.__new__(Road)
        self.road._settings, self.road._store = road_settings, self.store
        self.road._objects, self.road._relay = self.bucket, self.relay  # type: ignore[assignment]
        self.road._clock = lambda: self.at
        message = reply(self.at)
        self.store.put("patients", PATIENT)
        self.store.put("messages", message)
        self.delivery = queued(message, self.at)
        self.store.put("deliveries", self.delivery)

    async def perform(self, attempts: int = 1) -> Any:
        kept = replace(self.store.kept["deliveries"][self.delivery.id], attempts=attempts, state="sending")
        self.store.put("deliveries", kept)
        return await self.road.perform(row_of(kept))

    @property
    def told(self) -> list[str]:
        return [event.state for event in self.store.published if isinstance(event, ReplyStateChanged)]


def reply(at: datetime) -> Message:
    message_id = new_id()
    return Message(
        id=message_id,
        patient_id=PATIENT.id,
        conversation_id=new_id(),
        kind=MessageKind.REPLY,
        sender=PATIENT.party,
        recipients=(CHRISTELLE,),
        at=at,
        subject="Préparation",
        text="Bonjour",
        message_id=f"<{message_id}@patient.mssante.fr>",
        references=("<a@chu.mssante.fr>",),
    )


def queued(message: Message, at: datetime) -> Delivery:
    return Delivery(
        id=derived_id(PATIENT.id, "delivery", message.id),
        patient_id=PATIENT.id,
        conversation_id=message.conversation_id,
        message_id=message.id,
        recipient=CHRISTELLE,
        reply_state="queued",
        revision=1,
        queued_at=at,
        changed_at=at,
        due_at=at,
    )


@pytest.fixture
def house() -> House:
    return House()


def refusal(code: int) -> aiosmtplib.SMTPRecipientsRefused:
    return aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(code, "no", CHRISTELLE.address)])


async def test_a_reply_that_is_taken_is_accepted_and_told(house: House) -> None:
    outcome = await house.perform()
    assert isinstance(outcome, Done)
    assert (outcome.fields["reply_state"], outcome.fields["revision"]) == ("accepted", 3)
    assert house.told == ["sending"]
    ((event, key),) = outcome.events
    assert isinstance(event, ReplyStateChanged) and (event.state, event.revision, key) == (
        "accepted",
        3,
        PATIENT.id,
    )
    ((sender, recipient, content),) = house.relay.taken
    assert (sender, recipient) == (PATIENT.mailbox_address, CHRISTELLE.address)
    assert b"In-Reply-To: <a@chu.mssante.fr>" in content


async def test_a_reply_tried_again_is_the_same_bytes_and_told_once(house: House) -> None:
    for attempt in (1, 2):
        await house.perform(attempt)
    assert house.relay.taken[0] == house.relay.taken[1]
    assert house.told == ["sending"]


@pytest.mark.parametrize(
    "error",
    [
        aiosmtplib.SMTPDataError(550, "no"),
        aiosmtplib.SMTPSenderRefused(553, "no", "x"),
        refusal(550),
    ],
)
async def test_a_5xx_fails_at_once_with_a_reason(house: House, error: Exception) -> None:
    house.relay.answer = error
    outcome = await house.perform()
    assert isinstance(outcome, GiveUp)
    assert (outcome.fields["reply_state"], outcome.fields["reason"]) == ("failed", "refused")


PASSING = [
    aiosmtplib.SMTPDataError(451, "later"),
    refusal(450),
    aiosmtplib.SMTPConnectError("away"),
    aiosmtplib.SMTPConnectResponseError(554, "no"),
    aiosmtplib.SMTPServerDisconnected("gone"),
    TimeoutError(),
    ConnectionRefusedError(),
]


@pytest.mark.parametrize("error", PASSING)
async def test_anything_else_is_tried_again_later(house: House, error: Exception) -> None:
    house.relay.answer = error
    outcome = await house.perform(attempts=3)
    assert isinstance(outcome, Again)
    assert timedelta(seconds=30) < outcome.due_at - house.at < timedelta(minutes=3)
    assert house.told == ["sending"]


async def test_after_48_hours_it_is_given_up_with_a_reason(house: House) -> None:
    house.relay.answer = TimeoutError()
    house.at += timedelta(hours=48)
    outcome = await house.perform()
    assert isinstance(outcome, GiveUp)
    assert (outcome.fields["reply_state"], outcome.fields["reason"]) == ("given-up", "too-late")
