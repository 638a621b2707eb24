"""The door, spoken to as senders do, over a socket file: its answers, and what is left behind."""

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from messaging.domain.limits import LETTER_BYTES
from messaging.settings import MessagingSettings
from tests.messaging.mail.doorstep import HEAD, INAYA, PAUL, UNKNOWN, House, patient

LISTED = Path(__file__).parents[3] / "deploy" / "local" / "mail-operators.toml"


async def test_a_letter_answered_250_is_stored_byte_for_byte_and_in_the_log(house: House) -> None:
    letter = HEAD + b"\r\n..bonjour\r\n"
    client = await house.client()
    assert (await client.send(letter)).startswith("250")
    (record,) = house.letters
    kept = house.bucket.kept[record.object_key]
    assert kept == HEAD + b"\r\n.bonjour\r\n\r\n"
    assert (record.size, record.sha256) == (len(kept), hashlib.sha256(kept).hexdigest())
    assert record.object_key == f"incoming/{record.intake_id}"
    assert (record.recipient, record.envelope_sender) == (INAYA, "christelle@chu.mssante.fr")


async def test_a_letter_to_several_patients_is_one_record_each(house: House) -> None:
    client = await house.client()
    assert (await client.send(HEAD, INAYA, PAUL, INAYA)).startswith("250")
    assert [record.recipient for record in house.letters] == [INAYA, PAUL]
    assert len({record.intake_id for record in house.letters}) == 2
    assert len({record.object_key for record in house.letters}) == 1


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
        ("a" * 2_000, "500"),
        ("a" * 600, "553 5.1.3"),
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
    assert house.letters[0].size == LETTER_BYTES


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
    assert house.letters[0].envelope_sender == ""


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\xff\xfe", b"FOO", b"MAIL", b"MAIL FROM:<", b"MAIL FROM:<<a", b"RCPT TO:<x>", b"DATA", b"DATA x",
     b"EHLO", b"AUTH PLAIN AGEAYg==", b"STARTTLS", b"\0\0\0", b"A" * 70_000,
     b"MAIL FROM:<a@b> SIZE=x",
     "MAIL FROM:<é@b>".encode("latin-1")],
)  # fmt: skip
async def test_garbage_hears_a_proper_refusal_and_the_door_stays_open(house: House, garbage: bytes) -> None:
    client = await house.client()
    answer = await client.say(garbage)
    assert answer[:3].isdigit() and answer[0] in "245" and answer[3] == " "
    assert (await client.send(HEAD)).startswith("250")


@pytest.mark.parametrize(
    "sender", ["zoé@chu.mssante.fr", "zoe\u0301@chu.mssante.fr"], ids=["composed", "combining"]
)
@pytest.mark.parametrize("command", [b"DATA", b"BDAT"])
async def test_a_letter_of_smtputf8_is_kept_as_it_came_and_so_is_its_sender(
    house: House, sender: str, command: bytes
) -> None:
    letter = f"From: Zoé <{sender}>\r\nSubject: Résultats\r\n\r\nÀ bientôt\r\n".encode()
    client = await house.client()
    assert "SMTPUTF8" in await client.say(b"EHLO x")
    assert (await client.say(b"MAIL FROM:<%s> BODY=8BITMIME SMTPUTF8" % sender.encode())).startswith("250")
    assert (await client.say(b"RCPT TO:<%s>" % INAYA.encode())).startswith("250")
    if command == b"DATA":
        assert (await client.say(command)).startswith("354")
        assert (await client.say(letter + b".")).startswith("250")
    else:
        assert (await client.say(b"BDAT %d LAST\r\n%s" % (len(letter), letter[:-2]))).startswith("250")
    (record,) = house.letters
    assert record.envelope_sender == sender
    assert house.bucket.kept[record.object_key] == letter


async def test_an_envelope_sender_that_is_no_text_is_still_recorded(house: House) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    await client.say(b"MAIL FROM:<caf\xe9@chu.mssante.fr>")
    await client.say(b"RCPT TO:<%s>" % INAYA.encode())
    await client.say(b"DATA")
    assert (await client.say(HEAD + b"\r\n.")).startswith("250")
    house.letters[0].envelope_sender.encode()


async def test_a_client_that_only_makes_errors_is_told_good_bye(house: House) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    answers = [await client.say(b"RCPT TO:<x@y.z>") for _ in range(51)]
    assert answers[-1].startswith("421")


async def test_one_connection_too_many_is_told_to_come_back(house: House) -> None:
    held = [await house.client() for _ in range(house.capacity.connections)]
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
    assert settings(door_host="127.0.0.1", door_loopback_without_tls=True).door_certificate is None


def settings(**fields: Any) -> MessagingSettings:
    plain = SimpleNamespace(
        kafka_bootstrap="x:1", kafka_username="x", kafka_password="x", mongo_uri="mongodb://x", mongo_database="x",
        mongo_username="x", mongo_password="x", http_port=1, public_origin="http://localhost:1",
        mail_operators=LISTED, door_port=1, road_smtp_host="x", road_smtp_port=1,
    )  # fmt: skip
    return MessagingSettings(**{**vars(plain), **fields})
