"""What every measurement stands on: the running stack, its patients, a sink for notices, helpers in processes."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError
from aiokafka.structs import ConsumerRecord

from chassis.ids import new_id
from contracts.auth import PatientChanged
from contracts.base import event_type
from contracts.cloudevents import Envelope, read_envelope
from demo.patient import another
from stack.control import Stack
from stack.environment import Environment
from stack.environment import write as write_settings
from stack.places import CHECKOUT
from tests.bench.floors import TOPIC, Stores
from tests.bench.generator import Order, Sent
from tests.children import ending_with_us

PATIENTS = 48
PARTITIONS = 12
PIPELINE = ("messaging-smtp", "messaging-worker", "notifier", "kafka", "mongodb", "minio", "mail")
"""The processes a letter passes; their processor time is told for each figure."""
_SOON = 120.0
_LOOK_S = 0.1


class TooSlow(RuntimeError):
    """What was waited for did not happen; measuring on would say nothing."""


@dataclass
class Ground:
    """The stack and what was found or made on it."""

    stack: Stack
    folder: Path
    mailboxes: list[str] = field(default_factory=list)

    def pids(self) -> dict[str, int]:
        """The pids of the processes a letter passes."""
        found = self.stack.processes()
        return {name: found[name].pid or 0 for name in PIPELINE}

    def send(self, **order: object) -> Sent:
        """Have the load generator send letters to the patients in turn, and wait for it."""
        wanted = {"port": self.stack.ports["door"], "recipients": self.mailboxes, **order}
        return run_generator(msgspec.convert(wanted, Order))

    def stores(self, *, readable: bool = False) -> Stores:
        """For the floors."""
        admin, messaging = self.stack.env("provision"), self.stack.env("messaging-worker")
        return Stores(
            kafka=admin["PLI_KAFKA_BOOTSTRAP"],
            kafka_username=admin["PLI_KAFKA_USERNAME"],
            kafka_password=admin["PLI_KAFKA_PASSWORD"],
            objects=messaging["PLI_OBJECTS_ENDPOINT"],
            objects_key=messaging["PLI_OBJECTS_ACCESS_KEY"],
            objects_secret=messaging["PLI_OBJECTS_SECRET_KEY"],
            bucket=messaging["PLI_OBJECTS_BUCKET"],
            region=messaging["PLI_OBJECTS_REGION"],
            mongo=messaging["PLI_MONGO_URI"],
            mongo_username=messaging["PLI_MONGO_USERNAME"],
            mongo_password=messaging["PLI_MONGO_PASSWORD"],
            database=messaging["PLI_MONGO_DATABASE"],
            readable=readable,
        )

    @contextmanager
    def notices_to(self, port: int) -> Iterator[None]:
        """Point the notifier at another relay, and back again."""
        environment = Environment(self.stack.instance)
        kept = environment.of("notifier")
        write_settings(environment.path("notifier"), {**kept, "PLI_NOTICE_SMTP_PORT": str(port)})
        self.stack.restart("notifier")
        try:
            yield
        finally:
            write_settings(environment.path("notifier"), kept)
            self.stack.restart("notifier")


def run_generator(order: Order) -> Sent:
    """Carry out an order in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.generator"]
    done = subprocess.run(
        ending_with_us(command),
        input=msgspec.json.encode(order), capture_output=True, cwd=CHECKOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the load generator failed: {done.stderr.decode()[-800:]}")
    return msgspec.json.decode(done.stdout, type=Sent)


@contextmanager
def helper(module: str, *arguments: str, given: bytes = b"") -> Iterator[tuple[int, int]]:
    """Run one of our helpers; its port and its pid."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    process = subprocess.Popen(
        ending_with_us(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT
    )
    assert process.stdin and process.stdout
    try:
        process.stdin.write(given)
        process.stdin.close()
        yield int(process.stdout.readline()), process.pid
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class Bus:
    """The bus as its administrator sees it: what was published since a moment, and patients of ours."""

    def __init__(self, stack: Stack) -> None:
        admin = stack.env("provision")
        self._connection = {
            "bootstrap_servers": admin["PLI_KAFKA_BOOTSTRAP"],
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": admin["PLI_KAFKA_USERNAME"],
            "sasl_plain_password": admin["PLI_KAFKA_PASSWORD"],
        }

    async def __aenter__(self) -> "Bus":
        self._consumer = AIOKafkaConsumer(**self._connection, enable_auto_commit=False)
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def make_topic(self) -> None:
        """The floor's own topic, with as many partitions as ours."""
        admin = AIOKafkaAdminClient(**self._connection)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])
        except TopicAlreadyExistsError:
            return
        finally:
            await admin.close()

    async def ends(self, topic: str) -> dict[TopicPartition, int]:
        """Where a topic ends now."""
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(partitions)
        return ends

    async def since(self, marks: dict[TopicPartition, int], kind: str, count: int) -> list[ConsumerRecord]:
        """The next `count` records of one type after these marks. Raises `TooSlow`."""
        self._consumer.assign(list(marks))
        for partition, offset in marks.items():
            self._consumer.seek(partition, offset)
        found: list[ConsumerRecord] = []
        give_up = time.monotonic() + _SOON
        while len(found) < count:
            fetched = await self._consumer.getmany(timeout_ms=200)
            new = [record for records in fetched.values() for record in records]
            found += [record for record in new if read_envelope(record.headers).type == kind]
            give_up = time.monotonic() + _SOON if new else give_up
            if time.monotonic() > give_up:
                raise TooSlow(f"{len(found)} of {count} {kind} came, then nothing for {_SOON:.0f} s")
        return found

    async def announce_patients(self, numbers: Sequence[int]) -> list[str]:
        """Patients as auth tells them; their mailboxes' addresses."""
        producer = AIOKafkaProducer(**self._connection)
        await producer.start()
        try:
            events = [_patient(number) for number in numbers]
            for event in events:
                await producer.send_and_wait(
                    "auth.patients",
                    msgspec.json.encode(event),
                    key=event.patient_id.encode(),
                    headers=_headers(event),
                )
        finally:
            await producer.stop()
        return [event.mailbox_address for event in events]


def _patient(number: int) -> PatientChanged:
    known = another(number, "")
    return PatientChanged(
        patient_id=new_id(),
        revision=1,
        status="active",
        given_name=known.given_name,
        family_name=known.family_name,
        ins=known.ins,
        mailbox_address=known.mailbox,
        email=known.email,
        phone=known.phone,
        changed_at=datetime.now(UTC),
    )


def _headers(event: PatientChanged) -> list[tuple[str, bytes]]:
    envelope = Envelope(
        id=new_id(), type=event_type(event), source="auth", time=event.changed_at, subject=event.patient_id
    )
    return envelope.headers()


async def prepared(ground: Ground, bus: Bus) -> None:
    """Patients with open mailboxes, made once for this stack's data."""
    kept = ground.stack.instance.places.data / "bench-mailboxes.json"
    if not kept.exists():
        marks = await bus.ends("messaging.events")
        addresses = await bus.announce_patients(range(PATIENTS))
        await bus.since(marks, "messaging.mailbox-opened.v1", len(addresses))
        kept.write_text(json.dumps(addresses))
    ground.mailboxes = json.loads(kept.read_text())
    await bus.make_topic()


def until(holds: Callable[[], bool], within: float = _SOON, what: str = "it") -> None:
    """Wait for something. Raises `TooSlow`."""
    give_up = time.monotonic() + within
    while not holds():
        if time.monotonic() > give_up:
            raise TooSlow(f"{what} did not happen within {within:.0f} s")
        time.sleep(_LOOK_S)
