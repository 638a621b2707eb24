"""The door, spoken to as senders do, over a socket file: its answers, and what is left behind."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.clock import now
from chassis.errors import BackingServiceAway
from chassis.ids import new_id
from chassis.objects import StoredObject
from contracts.messaging import LetterTaken
from messaging.domain.addresses import Domains
from messaging.domain.limits import LETTER_BYTES
from messaging.domain.model import Patient
from messaging.door import taking
from messaging.door.recipients import Recipients
from messaging.door.session import DoorSession, Rules
from messaging.door.taking import Taking
from messaging.settings import MessagingSettings

DOMAINS = Domains(frozenset({"chu.mssante.fr"}), "patient.mssante.fr")
INAYA = "288056938312340@patient.mssante.fr"
PAUL = "175027511500443@patient.mssante.fr"
UNKNOWN = "199019999900110@patient.mssante.fr"
HEAD = b"From: Christelle <christelle@chu.mssante.fr>\r\nSubject: x\r\n"


class Directory:
    """Two patients, and a store that can be away."""

    def __init__(self) -> None:
        self.patients = {INAYA: patient(INAYA), PAUL: patient(PAUL)}
        self.caught_up: datetime | None = now() + timedelta(hours=1)
        self.away = False
        self.asked = 0

    async def patient_at(self, address: str) -> Patient | None:
        self.asked += 1
        if self.away:
            raise BackingServiceAway("store")
        return self.patients.get(address)

    async def caught_up_at(self, topic: str) -> datetime | None:
        return self.caught_up


def patient(address: str, status: str = "active") -> Patient:
    return Patient(
        id=new_id(),
        revision=1,
        status=status,
        given_name="I",
        family_name="M",
        ins=address[:15],
        mailbox_address=address,
    )


class Bucket:
    """Objects in memory; nothing is kept of an upload that was cut."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.away = self.hangs = False

    async def ping(self) -> None:
        if self.hangs:
            await asyncio.sleep(60)

    async def put(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> StoredObject:
        if self.away:
            raise BackingServiceAway("objects")
        data = b"".join([chunk async for chunk in chunks])
        if self.hangs:
            await asyncio.sleep(60)
        self.kept[key] = data
        return StoredObject(key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest())


class Log:
    """The intake log in memory."""

    def __init__(self) -> None:
        self.records: list[LetterTaken] = []
        self.away = False

    async def append(self, letters: list[LetterTaken]) -> None:
        if self.away:
            raise BackingServiceAway("bus")
        self.records += letters


class Client:
    """A sender, command by command."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def reply(self) -> str:
        lines = []
        while line := (await self._reader.readline()).decode():
            lines.append(line.rstrip())
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    async def say(self, line: bytes) -> str:
        self.writer.write(line + b"\r\n")
        return await self.reply()

    async def begin(self, *recipients: str) -> str:
        await self.say(b"EHLO sender")
        await self.say(b"MAIL FROM:<christelle@chu.mssante.fr>")
        for recipient in recipients or (INAYA,):
            await self.say(b"RCPT TO:<%s>" % recipient.encode())
        return await self.say(b"DATA")

    async def send(self, letter: bytes, *recipients: str) -> str:
        await self.begin(*recipients)
        return await self.say(letter + b"\r\n.")


class House:
    """A door on a socket file, with what is behind it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.directory, self.bucket, self.log = Directory(), Bucket(), Log()
        self.sessions: set[DoorSession] = set()
        self.stopping = False
        self.clock = now()
        self.most_connections = 5
        self.clients: list[Client] = []

    async def open(self) -> None:
        recipients = Recipients(self.directory, DOMAINS.patient, lambda: self.clock)  # type: ignore[arg-type]
        takes = Taking(self.bucket, self.log, DOMAINS, now)  # type: ignore[arg-type]
        rules = Rules(recipients, takes, "door.test", None, self.most_connections)
        loop = asyncio.get_running_loop()
        self.server = await loop.create_unix_server(lambda: DoorSession(rules, self), str(self.path))

    async def client(self) -> Client:
        client = Client(*await asyncio.open_unix_connection(str(self.path)))
        self.clients.append(client)
        self.greeting = await client.reply()
        return client

    async def close(self) -> None:
        self.server.close()
        for client in self.clients:
            client.writer.close()
            await asyncio.gather(client.writer.wait_closed(), return_exceptions=True)
        while self.sessions:
            await asyncio.sleep(0.005)


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(taking, "WAIT", 0.1)
    opened = House(tmp_path / "door")
    await opened.open()
    yield opened
    await opened.close()


async def test_a_letter_answered_250_is_stored_byte_for_byte_and_in_the_log(house: House) -> None:
    letter = HEAD + b"\r\n..bonjour\r\n"
    client = await house.client()
    assert (await client.send(letter)).startswith("250")
    (record,) = house.log.records
    kept = house.bucket.kept[record.object_key]
    assert kept == HEAD + b"\r\n.bonjour\r\n\r\n"
    assert (record.size, record.sha256) == (len(kept), hashlib.sha256(kept).hexdigest())
    assert record.object_key == f"incoming/{record.intake_id}"
    assert (record.recipient, record.envelope_sender) == (INAYA, "christelle@chu.mssante.fr")


async def test_a_letter_to_several_patients_is_one_record_each(house: House) -> None:
    client = await house.client()
    assert (await client.send(HEAD, INAYA, PAUL, INAYA)).startswith("250")
    assert [record.recipient for record in house.log.records] == [INAYA, PAUL]
    assert len({record.intake_id for record in house.log.records}) == 2
    assert len({record.object_key for record in house.log.records}) == 1


@pytest.mark.parametrize(
    ("recipient", "answer"),
    [
        (INAYA, "250 2.1.5"),
        (INAYA.upper(), "250 2.1.5"),
        (INAYA.replace("@", "+rdv@"), "250 2.1.5"),
        (UNKNOWN, "550 5.1.1"),
        ("288056938312341@patient.mssante.fr", "550 5.1.3"),
        ("x@gmail.com", "550 5.1.3"),
        ("", "550 5.1.3"),
        ("<", "553 5.1.3"),
        ("a" * 600, "500"),
    ],
)
async def test_each_recipient_hears_the_right_answer(house: House, recipient: str, answer: str) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    await client.say(b"MAIL FROM:<a@chu.mssante.fr>")
    assert (await client.say(b"RCPT TO:<%s>" % recipient.encode())).startswith(answer)


async def test_an_unknown_patient_is_refused_only_while_all_patients_are_known(house: House) -> None:
    house.directory.caught_up = house.clock - timedelta(seconds=11)
    client = await house.client()
    await client.say(b"EHLO x")
    await client.say(b"MAIL FROM:<a@chu.mssante.fr>")
    assert (await client.say(b"RCPT TO:<%s>" % UNKNOWN.encode())).startswith("451")
    house.directory.caught_up = None
    assert (await client.say(b"RCPT TO:<%s>" % UNKNOWN.encode())).startswith("451")


async def test_a_patient_who_activated_a_moment_ago_does_not_bounce(house: House) -> None:
    house.directory.caught_up = house.clock - timedelta(seconds=2)
    client = await house.client()
    await client.say(b"EHLO x")
    await client.say(b"MAIL FROM:<a@chu.mssante.fr>")
    asyncio.get_running_loop().call_later(0.3, house.directory.patients.update, {UNKNOWN: patient(UNKNOWN)})
    asyncio.get_running_loop().call_later(0.6, setattr, house.directory, "caught_up", house.clock)
    assert (await client.say(b"RCPT TO:<%s>" % UNKNOWN.encode())).startswith("250")


async def test_a_closed_mailbox_says_so(house: House) -> None:
    house.directory.patients[INAYA] = patient(INAYA, "closed")
    client = await house.client()
    await client.say(b"EHLO x")
    await client.say(b"MAIL FROM:<a@chu.mssante.fr>")
    assert (await client.say(b"RCPT TO:<%s>" % INAYA.encode())).startswith("550 5.2.1")


async def test_while_the_store_is_away_only_remembered_patients_are_let_in_for_a_minute(house: House) -> None:
    client = await house.client()
    assert (await client.send(HEAD)).startswith("250")
    house.directory.away = True
    assert (await client.send(HEAD)).startswith("250")
    await client.say(b"MAIL FROM:<a@chu.mssante.fr>")
    assert (await client.say(b"RCPT TO:<%s>" % PAUL.encode())).startswith("451 4.3.0")
    house.clock += timedelta(seconds=61)
    assert (await client.say(b"RCPT TO:<%s>" % INAYA.encode())).startswith("451 4.3.0")


async def test_an_unknown_address_is_asked_for_each_time(house: House) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    await client.say(b"MAIL FROM:<a@chu.mssante.fr>")
    await client.say(b"RCPT TO:<%s>" % UNKNOWN.encode())
    house.directory.patients[UNKNOWN] = patient(UNKNOWN)
    assert (await client.say(b"RCPT TO:<%s>" % UNKNOWN.encode())).startswith("250")


@pytest.mark.parametrize("away", ["bucket-away", "bucket-hangs", "log"])
async def test_while_a_backing_service_is_away_the_answer_is_451_within_two_seconds(
    house: House, away: str
) -> None:
    house.bucket.away, house.bucket.hangs, house.log.away = (
        away == f for f in ("bucket-away", "bucket-hangs", "log")
    )
    client = await house.client()
    async with asyncio.timeout(2):
        assert (await client.send(HEAD + b"\r\n" + b"x" * 900_000)).startswith("451 4.3.0")
    assert house.log.records == []
    house.bucket.away = house.bucket.hangs = house.log.away = False
    assert (await client.send(HEAD)).startswith("250")


@pytest.mark.parametrize(
    "header",
    [
        b"Subject: nobody\r\n",
        b"From: a@chu.mssante.fr, b@chu.mssante.fr\r\n",
        b"From: a@chu.mssante.fr\r\nFrom: a@chu.mssante.fr\r\n",
        b"From: a@gmail.com\r\n",
        b"From: a@chu.mssante.fr <x@gmail.com>\r\n",
        b"From: \xff\xfe\r\n",
        b"Subject: " + b"x" * 70_000 + b"\r\nFrom: a@chu.mssante.fr\r\n",
        b"\r\nFrom: a@chu.mssante.fr\r\n",
    ],
)
async def test_a_letter_must_come_from_one_address_of_a_listed_operator(house: House, header: bytes) -> None:
    client = await house.client()
    assert (await client.send(header + b"\r\nBonjour")).startswith("550 5.7.1")
    assert house.log.records == [] and house.bucket.kept == {}


async def test_a_letter_too_large_is_refused_when_announced_and_when_sent(house: House) -> None:
    client = await house.client()
    assert f"SIZE {LETTER_BYTES}" in await client.say(b"EHLO x")
    assert (await client.say(b"MAIL FROM:<a@chu.mssante.fr> SIZE=25000001")).startswith("552 5.3.4")
    body = (b"x" * 998 + b"\r\n") * 25_000
    assert (await client.send(HEAD + b"\r\n" + body)).startswith("552 5.3.4")
    assert house.log.records == [] and house.bucket.kept == {}
    assert (await client.send(HEAD)).startswith("250")


async def test_the_largest_letter_is_taken(house: House) -> None:
    head = HEAD + b"\r\n"
    client = await house.client()
    body = b"x" * (LETTER_BYTES - len(head) - 2)
    assert (await client.send(head + body)).startswith("250")
    assert house.log.records[0].size == LETTER_BYTES


async def test_a_letter_cut_in_the_middle_leaves_nothing(house: House) -> None:
    client = await house.client()
    assert (await client.begin()).startswith("354")
    client.writer.write(HEAD + b"\r\n" + b"x" * 300_000)
    await client.writer.drain()
    client.writer.close()
    await asyncio.sleep(0.1)
    assert house.log.records == [] and house.bucket.kept == {}
    assert house.sessions == set()


async def test_commands_sent_ahead_are_answered_in_their_order(house: House) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    client.writer.write(
        b"MAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\n%s\r\n.\r\nNOOP\r\nQUIT\r\n" % (INAYA.encode(), HEAD)
    )
    codes = [(await client.reply())[:3] for _ in range(6)]
    assert codes == ["250", "250", "354", "250", "250", "221"]
    assert house.log.records[0].envelope_sender == ""


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\xff\xfe", b"FOO", b"MAIL", b"MAIL FROM:<", b"MAIL FROM:<<a", b"RCPT TO:<x>", b"DATA", b"DATA x",
     b"EHLO", b"AUTH PLAIN AGEAYg==", b"STARTTLS", b"BDAT 10", b"\0\0\0", b"A" * 70_000,
     b"MAIL FROM:<a@b> SIZE=x",
     "MAIL FROM:<é@b>".encode("latin-1")],
)  # fmt: skip
async def test_garbage_hears_a_proper_refusal_and_the_door_stays_open(house: House, garbage: bytes) -> None:
    client = await house.client()
    answer = await client.say(garbage)
    assert answer[:3].isdigit() and answer[0] in "245" and answer[3] == " "
    assert (await client.send(HEAD)).startswith("250")


async def test_an_envelope_sender_that_is_no_text_is_still_recorded(house: House) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    await client.say(b"MAIL FROM:<caf\xe9@chu.mssante.fr>")
    await client.say(b"RCPT TO:<%s>" % INAYA.encode())
    await client.say(b"DATA")
    assert (await client.say(HEAD + b"\r\n.")).startswith("250")
    house.log.records[0].envelope_sender.encode()


async def test_a_client_that_only_makes_errors_is_told_good_bye(house: House) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    answers = [await client.say(b"RCPT TO:<x@y.z>") for _ in range(51)]
    assert answers[-1].startswith("421")


async def test_one_connection_too_many_is_told_to_come_back(house: House) -> None:
    held = [await house.client() for _ in range(house.most_connections)]
    await house.client()
    assert house.greeting.startswith("421")
    held[0].writer.close()
    await asyncio.sleep(0.05)
    await house.client()
    assert house.greeting.startswith("220")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "mail.example", "::"])
def test_without_tls_the_door_refuses_to_listen_beyond_the_loopback(host: str) -> None:
    with pytest.raises(ValueError, match="door_host"):
        settings(door_host=host, door_loopback_without_tls=True)
    with pytest.raises(ValueError, match="door_certificate"):
        settings(door_host=host)
    assert settings(door_host="127.0.0.1", door_loopback_without_tls=True).domains.may_write("a@CHU.mssante.fr")


def settings(**fields: Any) -> MessagingSettings:
    plain = SimpleNamespace(
        kafka_bootstrap="x:1", kafka_username="x", kafka_password="x", mongo_uri="mongodb://x", mongo_database="x",
        mongo_username="x", mongo_password="x", http_port=1, public_origin="http://localhost:1",
        mail_domains="chu.mssante.fr", door_port=1, road_smtp_host="x", road_smtp_port=1,
    )  # fmt: skip
    return MessagingSettings(**{**vars(plain), **fields})
