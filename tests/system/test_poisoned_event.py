"""A poisoned event goes to dead letters as it came, and the ones behind it have their effect."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec
import pytest
from confluent_kafka import Producer

from chassis.clock import now
from chassis.ids import new_id
from contracts.base import event_type
from contracts.cloudevents import Envelope
from contracts.messaging import MessageReceived
from stack.control import Stack
from tests.system.observer import Observer, Record
from tests.system.people import Newcomer, People
from tests.system.waiting import until

pytestmark = pytest.mark.stack

TOPIC, DEAD_LETTERS = "messaging.events", "notifier.dead-letters"
PERSONAL = "Zéphyrine Deloin-Untel"
Headers = list[tuple[str, str | bytes | None]]


@dataclass(frozen=True)
class Poison:
    """A record that no reader can make anything of, and the reason it is buried under."""

    value: bytes | None
    headers: Headers
    reason: str = "undecodable"


def _headers(**changes: bytes | None) -> Headers:
    envelope = Envelope(
        id=new_id(), type=event_type(MessageReceived), source="messaging", time=now(), subject="untold"
    )
    changed = {**dict(envelope.headers()), **changes}
    return list(changed.items())


def _event(patient_id: str) -> MessageReceived:
    return MessageReceived(
        patient_id=patient_id, conversation_id=new_id(), message_id=new_id(), attachments=0, received_at=now()
    )


def _sound(patient_id: str) -> bytes:
    return msgspec.json.encode(_event(patient_id))


POISONS: dict[str, Callable[[str], Poison]] = {
    "no JSON": lambda patient: Poison(f'{{"name": "{PERSONAL}'.encode(), _headers()),
    "a number for a name": lambda patient: Poison(_sound(patient).replace(b":0,", b':"0",'), _headers()),
    "bytes that are no text": lambda patient: Poison(b"\xff\xfe\x00" + PERSONAL.encode("utf-16"), _headers()),
    "no value": lambda patient: Poison(None, _headers()),
    "no headers": lambda patient: Poison(_sound(patient), []),
    "a header that is no text": lambda patient: Poison(_sound(patient), _headers(ce_type=b"\xff\xfe")),
    "an instant that is none": lambda patient: Poison(_sound(patient), _headers(ce_time=b"demain")),
    "a producer that may not": lambda patient: Poison(
        _sound(patient), _headers(ce_source=b"documents"), "foreign-source"
    ),
}


@pytest.fixture(scope="module")
def patient(stack: Stack, people: People) -> Newcomer:
    """Whom the good events concern."""
    stack.wait_ready()
    return people.newcomer(logged_in=False)


@pytest.fixture
def producer(stack: Stack) -> Iterator[Producer]:
    """Messaging's own: the bus lets it write there."""
    settings = stack.env("messaging-worker")
    found = Producer(
        {
            "bootstrap.servers": settings["PLI_KAFKA_BOOTSTRAP"],
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": settings["PLI_KAFKA_USERNAME"],
            "sasl.password": settings["PLI_KAFKA_PASSWORD"],
            "enable.idempotence": True,
        }
    )
    yield found
    assert found.flush(30) == 0


@pytest.mark.parametrize("what", POISONS)
def test_a_poisoned_event_is_buried_whole_and_the_next_one_has_its_effect(
    stack: Stack, observer: Observer, producer: Producer, patient: Newcomer, what: str
) -> None:
    poison, good = POISONS[what](patient.id), _event(patient.id)
    before = observer.ends([TOPIC, DEAD_LETTERS])
    key = patient.id.encode()

    producer.produce(TOPIC, poison.value, key, headers=poison.headers)
    producer.produce(TOPIC, msgspec.json.encode(good), key, headers=_headers(ce_subject=key))
    producer.flush(30)

    notices = observer.database("notifier")["notices"]
    sent = until(
        lambda: notices.find_one({"_id": good.message_id, "state": "sent"}), what="the good event's effect"
    )
    assert sent is not None
    patient.catcher.wait(patient.patient.email, lambda mail: mail.message_id == sent["message_id"], 60.0)
    origin = next(one for one in observer.records([TOPIC], before) if one.value == poison.value)
    _is_buried_whole(observer.records([DEAD_LETTERS], before), origin, poison)
    assert until(observer.unfinished, lambda left: not left, what="everything done") == {}


def _is_buried_whole(buried: list[Record], origin: Record, poison: Poison) -> None:
    (found,) = buried
    assert (found.key, found.value) == (origin.key, origin.value)
    assert origin.headers.items() <= found.headers.items()
    told = {name: value.decode() for name, value in found.headers.items() if name.startswith("pli_dl_")}
    assert told["pli_dl_reason"] == poison.reason
    assert told["pli_dl_topic"] == TOPIC
    assert (int(told["pli_dl_partition"]), int(told["pli_dl_offset"])) == (origin.partition, origin.offset)
    assert int(told["pli_dl_attempts"]) >= 1


@pytest.mark.parametrize("options", [(), ("--values",), ("--values", "--json")])
def test_operators_see_dead_letters_without_personal_data(
    stack: Stack, observer: Observer, producer: Producer, patient: Newcomer, options: tuple[str, ...]
) -> None:
    before = observer.ends([DEAD_LETTERS])
    producer.produce(TOPIC, f'{{"name": "{PERSONAL}", "ins": "{patient.patient.ins}"'.encode(), headers=_headers())
    producer.flush(30)
    buried = until(lambda: observer.records([DEAD_LETTERS], before), what="the dead letter")

    said = _console(stack, "dead-letters", "--topic", "notifier", *options)

    assert buried[-1].headers["ce_id"].decode() in said or not options
    assert "undecodable" in said
    assert f"{TOPIC}/{buried[-1].headers['pli_dl_partition'].decode()}" in said or "--json" in options
    assert PERSONAL not in said
    assert patient.patient.ins not in said


def _console(stack: Stack, *words: str) -> str:
    environ = {**stack.env("console"), "COLUMNS": "300", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-m", "console", *words], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout + done.stderr
