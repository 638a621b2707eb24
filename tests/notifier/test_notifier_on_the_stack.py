"""The notifier on the real bus, store and catcher: events in, e-mails out, each once."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.clock import now
from chassis.effects import Done
from chassis.identity import sealing
from chassis.identity.tokens import key_id_of, raw_public
from chassis.ids import new_id
from chassis.store import Row
from console.bus import connected
from console.settings import ConsoleSettings
from contracts.auth import CodeIssued, SealedCode, SigningKeyPublished
from contracts.base import Event, event_type
from contracts.cloudevents import Envelope
from contracts.topics import topic_of
from notifier.app import queues_of
from notifier.domain.notices import Kind
from notifier.domain.queueing import Fixed
from notifier.keys import SealingKey
from notifier.settings import NotifierSettings
from notifier.store import NotifierStore
from stack.control import Stack
from tests.notifier.fakes import message_received, patient_changed

pytestmark = pytest.mark.stack

WITHIN = 30.0
Find = Callable[[], Awaitable[list[Any]]]


class Neighbours:
    """auth and messaging, as far as the notifier hears them, and the catcher."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.web = httpx.AsyncClient(base_url=stack.ports.url("mail-web"))
        self._producers: dict[str, AIOKafkaProducer] = {}
        seed = base64.urlsafe_b64decode(stack.env("auth")["PLI_SIGNING_KEY"])
        self.auth_key = Ed25519PrivateKey.from_private_bytes(seed)
        self.notifier_key = SealingKey(base64.urlsafe_b64decode(stack.env("notifier")["PLI_SEALING_KEY"]))

    async def close(self) -> None:
        for producer in self._producers.values():
            await producer.stop()
        await self.web.aclose()

    async def publish(self, service: str, event: Event, key: str) -> None:
        """An event as `service` relays it."""
        envelope = Envelope(id=new_id(), type=event_type(event), source=service, time=now(), subject=key)
        producer = await self._producer(service)
        await producer.send_and_wait(
            topic_of(type(event), service).name,
            msgspec.json.encode(event),
            key=key.encode(),
            headers=envelope.headers(),
        )

    async def _producer(self, service: str) -> AIOKafkaProducer:
        if service not in self._producers:
            env = self.stack.env({"messaging": "messaging-worker"}.get(service, service))
            producer = AIOKafkaProducer(
                bootstrap_servers=env["PLI_KAFKA_BOOTSTRAP"],
                security_protocol="SASL_PLAINTEXT",
                sasl_mechanism="SCRAM-SHA-512",
                sasl_plain_username=env["PLI_KAFKA_USERNAME"],
                sasl_plain_password=env["PLI_KAFKA_PASSWORD"],
            )
            await producer.start()
            self._producers[service] = producer
        return self._producers[service]

    async def publish_auths_key(self) -> None:
        """auth's public key, as auth itself publishes it."""
        public = raw_public(self.auth_key)
        key_id = key_id_of(public)
        event = SigningKeyPublished(key_id=key_id, public_key=public, published_at=now())
        await self.publish("auth", event, key_id)

    def code(self, destination: str, channel: Any = "email") -> CodeIssued:
        """A code, sealed and signed by auth's own key."""
        code = SealedCode(
            challenge_id=new_id(),
            code="034567",
            channel=channel,
            destination=destination,
            expires_at=now() + timedelta(minutes=10),
        )
        box = sealing.seal(code, self.notifier_key.public_key)
        return CodeIssued(
            challenge_id=code.challenge_id,
            box=box,
            sealing_key_id=self.notifier_key.key_id,
            signature=sealing.sign(code.challenge_id, box, self.auth_key),
            signing_key_id=key_id_of(raw_public(self.auth_key)),
            expires_at=code.expires_at,
        )

    async def caught(self, address: str) -> list[Any]:
        """The e-mails in the catcher for one address."""
        found = (await self.web.get("/email")).json()
        return [mail for mail in found if any(to["address"] == address for to in mail["to"])]


@pytest.fixture
async def neighbours() -> AsyncIterator[Neighbours]:
    found = Neighbours(Stack())
    await found.publish_auths_key()
    yield found
    await found.close()


async def until(find: Find, count: int = 1) -> list[Any]:
    """What is found, once there are `count` of it."""
    async with asyncio.timeout(WITHIN):
        while len(found := await find()) < count:
            await asyncio.sleep(0.1)
    return found


def someone() -> tuple[str, str]:
    patient_id = new_id()
    return patient_id, f"{patient_id}@patient.example"


async def test_a_letter_told_twice_is_announced_once(neighbours: Neighbours) -> None:
    patient_id, address = someone()
    await neighbours.publish("auth", patient_changed(patient_id, email=address), patient_id)
    letter = message_received(patient_id, received_at=now())
    for _ in range(3):
        await neighbours.publish("messaging", letter, patient_id)
    (mail,) = await until(lambda: neighbours.caught(address))
    assert mail["subject"] == "Vous avez un nouveau message dans Mon espace santé"
    assert mail["headers"]["auto-submitted"] == "auto-generated"
    assert mail["headers"]["x-pli-trace"]
    assert "Bonjour INAYA," in mail["text"]
    await asyncio.sleep(2)
    assert len(await neighbours.caught(address)) == 1


async def test_a_letter_that_is_told_before_its_patient_is_announced_later(neighbours: Neighbours) -> None:
    patient_id, address = someone()
    await neighbours.publish("messaging", message_received(patient_id, received_at=now()), patient_id)
    await asyncio.sleep(1)
    await neighbours.publish("auth", patient_changed(patient_id, email=address), patient_id)
    assert await until(lambda: neighbours.caught(address))


async def test_the_browser_view_opens_from_the_e_mail(neighbours: Neighbours) -> None:
    patient_id, address = someone()
    await neighbours.publish("auth", patient_changed(patient_id, email=address), patient_id)
    await neighbours.publish("messaging", message_received(patient_id, received_at=now()), patient_id)
    (mail,) = await until(lambda: neighbours.caught(address))
    link = next(word for word in mail["text"].split() if "/notifications/" in word)
    path = link[link.index("/notifications/") :]
    async with httpx.AsyncClient(base_url=neighbours.stack.ports.url("notifier")) as browser:
        page = await browser.get(path, headers={"accept": "text/html"})
        assert page.status_code == 200
        assert "Bonjour INAYA," in page.text
        other = path[:-1] + ("A" if path[-1] != "A" else "B")
        assert (await browser.get(other)).status_code == 404


async def test_a_code_arrives_by_e_mail_and_by_sms(neighbours: Neighbours) -> None:
    _, address = someone()
    phone = f"+336{time.time_ns() % 10**8:08d}"
    for issued in (neighbours.code(address), neighbours.code(phone, "sms")):
        await neighbours.publish("auth", issued, issued.challenge_id)
    (mail,) = await until(lambda: neighbours.caught(address))
    assert mail["subject"] == "034567 est votre code d'accès"
    (sms,) = await until(lambda: neighbours.caught(f"{phone}@sms.invalid"))
    assert sms["text"].strip().splitlines()[-1] == "@localhost #034567"


async def test_a_forged_code_becomes_a_dead_letter_and_the_one_behind_it_is_sent(
    neighbours: Neighbours,
) -> None:
    _, address = someone()
    forged = msgspec.structs.replace(neighbours.code("victim@patient.example"), signature=bytes(64))
    good = msgspec.structs.replace(neighbours.code(address))
    await neighbours.publish("auth", forged, "one-key")
    await neighbours.publish("auth", good, "one-key")
    assert await until(lambda: neighbours.caught(address))
    settings = ConsoleSettings.model_validate(
        {name.removeprefix("PLI_").lower(): text for name, text in neighbours.stack.env("console").items()}
    )
    async with connected(settings) as bus:
        letters = await bus.dead_letters(["notifier.dead-letters"], 100)
        mine = [one for one in letters if forged.challenge_id.encode() in one.value]
    assert [(one.reason, one.origin_topic) for one in mine] == [("signature-refused", "auth.codes")]
    assert await neighbours.caught("victim@patient.example") == []


async def test_ten_letters_a_second_are_announced_soon(neighbours: Neighbours) -> None:
    patient_id, address = someone()
    await neighbours.publish("auth", patient_changed(patient_id, email=address), patient_id)
    for _ in range(50):
        await neighbours.publish("messaging", message_received(patient_id, received_at=now()), patient_id)
        await asyncio.sleep(0.1)
    mails = await until(lambda: neighbours.caught(address), 50)
    assert len({mail["messageId"] for mail in mails}) == len(mails) == 50


class StoreApart(NotifierStore):
    """Beside the collections of the running notifier, in the same database."""

    def collection(self, name: str) -> Any:
        return super().collection(f"apart-{name}")


@pytest.fixture
async def apart() -> AsyncIterator[StoreApart]:
    given = Stack().env("notifier")
    settings = {name.removeprefix("PLI_").lower(): text for name, text in given.items()}
    store = StoreApart(NotifierSettings.model_validate(settings))
    await store.prepare()
    yield store
    for name in await store._database.list_collection_names():
        if name.startswith("apart-"):
            await store._database.drop_collection(name)
    store.close()


async def test_a_code_leaves_while_the_relay_takes_its_time_over_other_notices(
    neighbours: Neighbours, apart: StoreApart
) -> None:
    answered, begun = asyncio.Event(), list[Kind]()

    async def perform(row: Row) -> Done:
        begun.append(Kind(row["kind"]))
        if row["kind"] != Kind.CODE:
            await answered.wait()
        return Done()

    apart.queues = queues_of(apart, perform, connections=2)
    for queue in apart.queues.values():
        await queue.start()
    for _ in range(4):
        await apart.transact(lambda tx: apart.queue_reply(tx, fixed(), new_id()))
    await until(lambda: asyncio.sleep(0, begun), 2)
    await apart.transact(lambda tx: apart.queue_code(tx, fixed(), neighbours.code("someone@patient.example")))
    await until(lambda: asyncio.sleep(0, [kind for kind in begun if kind is Kind.CODE]))
    answered.set()
    await until(lambda: asyncio.sleep(0, begun), 5)
    for queue in apart.queues.values():
        await queue.stop()


def fixed() -> Fixed:
    at, notice = now(), new_id()
    return Fixed(
        id=notice,
        message_id=f"<{notice}@notifications.example>",
        queued_at=at,
        pointless_after=at + timedelta(hours=1),
        kept_until=at + timedelta(hours=1),
    )
