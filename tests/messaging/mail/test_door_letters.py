"""How letters may come and may not: in chunks, pipelined, smuggled, slowly; byte for byte or not at all."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from chassis.objects import StoredObject
from messaging.door.pace import Pace, Patience
from messaging.door.rules import Manners
from tests.messaging.mail.doorstep import HEAD, INAYA, PAUL, Bucket, Client, House

ENVELOPE = b"MAIL FROM:<a@chu.mssante.fr>\r\nRCPT TO:<%s>\r\n" % INAYA.encode()


async def chunked(client: Client, *chunks: bytes) -> list[str]:
    """The replies to a letter in chunks, the last of them last."""
    replies = []
    for number, chunk in enumerate(chunks):
        last = b" LAST" if number == len(chunks) - 1 else b""
        client.writer.write(b"BDAT %d%s\r\n%s" % (len(chunk), last, chunk))
        replies.append(await client.reply())
    return replies


async def enveloped(house: House) -> Client:
    client = await house.client()
    await client.say(b"EHLO x")
    client.writer.write(ENVELOPE)
    assert [(await client.reply())[:3] for _ in range(2)] == ["250", "250"]
    return client


async def test_the_door_offers_what_it_can(house: House) -> None:
    client = await house.client()
    offered = {line[4:].split()[0] for line in (await client.say(b"EHLO x")).splitlines()[1:]}
    assert offered == {"SIZE", "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES"}


async def test_a_letter_in_chunks_is_kept_byte_for_byte(house: House) -> None:
    body = b"\r\n.\r\n\n.\n\r.\r\0\xff..\r\n.." * 9_000
    client = await enveloped(house)
    letter = HEAD + b"\r\n" + body
    replies = await chunked(client, letter[:1], letter[1:70_000], b"", letter[70_000:])
    assert [reply[:9] for reply in replies] == ["250 2.0.0"] * 4
    (record,) = house.letters
    assert house.bucket.kept[record.object_key] == letter
    assert record.size == len(letter)


async def test_chunks_sent_ahead_are_answered_in_their_order(house: House) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    client.writer.write(ENVELOPE + b"BDAT %d\r\n%sBDAT 0 LAST\r\nNOOP\r\n" % (len(HEAD), HEAD) + ENVELOPE)
    client.writer.write(b"BDAT %d LAST\r\n%sQUIT\r\n" % (len(HEAD), HEAD))
    assert [(await client.reply())[:3] for _ in range(9)] == ["250"] * 8 + ["221"]
    assert len(house.letters) == 2


async def test_commands_within_a_chunk_are_the_letters_own(house: House) -> None:
    client = await enveloped(house)
    inner = b"\r\n.\r\nRSET\r\n" + ENVELOPE + b"BDAT 3 LAST\r\nabc"
    (reply,) = await chunked(client, HEAD + inner)
    assert reply.startswith("250")
    assert len(house.letters) == 1
    assert (await client.say(b"NOOP")).startswith("250")


async def test_a_chunk_nobody_waits_for_is_read_before_that_is_said(house: House) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    client.writer.write(b"BDAT 6 LAST\r\nRSET\r\nNOOP\r\n")
    assert [(await client.reply())[:3] for _ in range(2)] == ["503", "250"]


async def test_data_and_chunks_do_not_mix(house: House) -> None:
    client = await enveloped(house)
    client.writer.write(b"BDAT %d\r\n%s" % (len(HEAD), HEAD))
    assert (await client.reply()).startswith("250")
    assert (await client.say(b"DATA")).startswith("503 5.5.1")
    assert (await client.say(b"RCPT TO:<%s>" % PAUL.encode())).startswith("503 5.5.1")
    assert (await client.say(b"MAIL FROM:<a@chu.mssante.fr>")).startswith("503 5.5.1")
    (reply,) = await chunked(client, b"\r\nsuite")
    assert reply.startswith("250")
    (record,) = house.letters
    assert house.bucket.kept[record.object_key] == HEAD + b"\r\nsuite"


async def test_a_letter_in_chunks_that_is_given_up_leaves_nothing(house: House) -> None:
    client = await enveloped(house)
    client.writer.write(b"BDAT %d\r\n%s" % (len(HEAD), HEAD))
    assert (await client.reply()).startswith("250")
    assert (await client.say(b"RSET")).startswith("250 2.0.0")
    assert (await client.say(b"BDAT 0 LAST")).startswith("503")
    assert house.log.records == [] and house.bucket.kept == {}
    assert (await client.send(HEAD)).startswith("250")


async def test_a_chunk_without_a_count_ends_the_connection(house: House) -> None:
    client = await enveloped(house)
    client.writer.write(b"BDAT ten LAST\r\n" + ENVELOPE)
    assert (await client.reply()).startswith("501 5.5.4")
    assert await client.reply() == ""
    assert house.log.records == []


async def test_a_letter_too_large_in_chunks_is_refused(house: House) -> None:
    client = await enveloped(house)
    replies = await chunked(client, HEAD + b"\r\n", b"x" * 13_000_000, b"x" * 13_000_000)
    assert replies[-1].startswith("552 5.3.4")
    assert house.log.records == [] and house.bucket.kept == {}


@pytest.mark.parametrize(
    "ending",
    [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\n\n.\r\n", b"\r\r\n.\r\r\n", b"\0\r\n.\0\r\n"],
)
async def test_only_crlf_dot_crlf_ends_a_letter(house: House, ending: bytes) -> None:
    """SMTP smuggling, as in CVE-2023-51764, -51765 and -51766: what follows stays a part of the letter."""
    client = await house.client()
    await client.say(b"EHLO x")
    smuggled = ending + ENVELOPE + b"DATA\r\nFrom: chef@chu.mssante.fr\r\n\r\nFaux"
    client.writer.write(ENVELOPE + b"DATA\r\n" + HEAD + b"\r\nVrai" + smuggled + b"\r\n.\r\nNOOP\r\n")
    assert [(await client.reply())[:3] for _ in range(5)] == ["250", "250", "354", "250", "250"]
    (record,) = house.letters
    unstuffed = smuggled.replace(b"\r\n.", b"\r\n")
    assert house.bucket.kept[record.object_key] == HEAD + b"\r\nVrai" + unstuffed + b"\r\n"


async def test_bytes_behind_a_letters_end_are_commands_and_nothing_else(house: House) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    client.writer.write(ENVELOPE + b"DATA\r\n" + HEAD + b"\r\n.\r\n\xff\0garbage\r\n.\r\nDATA\r\nRSET\r\n")
    assert [(await client.reply())[:3] for _ in range(8)] == [
        "250",
        "250",
        "354",
        "250",
        "500",
        "500",
        "503",
        "250",
    ]
    assert len(house.letters) == 1


async def test_a_slow_sender_is_told_good_bye_and_leaves_nothing(house: House) -> None:
    house.manners = Manners(200, 60.0, 10.0, 50, 100, Patience(idle=5.0, letter=10.0, least_rate=1e9, grace=0.2))
    await house.reopen()
    client = await house.client()
    assert (await client.begin()).startswith("354")
    client.writer.write(HEAD)
    async with asyncio.timeout(3):
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.reply() == ""
    assert house.log.records == [] and house.bucket.kept == {}


@pytest.mark.parametrize("between", [b"BDAT 0", b"NOOP"])
@pytest.mark.parametrize(
    "patience",
    [
        Patience(idle=5.0, letter=0.3, least_rate=1.0),
        Patience(idle=5.0, letter=10.0, least_rate=1e9, grace=0.3),
    ],
    ids=["too long", "too slowly"],
)
async def test_a_letter_in_chunks_cannot_be_held_open_by_commands_between_them(
    house: House, patience: Patience, between: bytes
) -> None:
    house.manners = replace(house.manners, patience=patience)
    await house.reopen()
    client = await enveloped(house)
    client.writer.write(b"BDAT 1\r\nF")
    async with asyncio.timeout(3):
        while (reply := await client.reply()).startswith("250"):
            await asyncio.sleep(0.05)
            client.writer.write(between + b"\r\n")
        assert reply.startswith("421 4.4.2")
        assert await client.reply() == ""
    assert house.log.records == [] and house.bucket.kept == {}


async def test_after_a_letter_in_chunks_or_one_given_up_the_next_has_all_its_time(house: House) -> None:
    house.manners = replace(house.manners, patience=Patience(idle=5.0, letter=1.0, least_rate=1.0))
    await house.reopen()
    client = await enveloped(house)
    for ending in (b"RSET", b"BDAT 0 LAST", b"BDAT 0 LAST"):
        client.writer.write(b"BDAT %d\r\n%s" % (len(HEAD), HEAD))
        assert (await client.reply()).startswith("250")
        await asyncio.sleep(0.6)
        assert (await client.say(ending)).startswith("250")
        if ending == b"RSET":
            await asyncio.sleep(0.6)
        client.writer.write(ENVELOPE)
        assert [(await client.reply())[:3] for _ in range(2)] == ["250", "250"]
    assert len(house.letters) == 2


async def test_the_time_of_our_own_stores_is_not_that_of_a_letter_in_chunks(house: House) -> None:
    class Slow(Bucket):
        async def put(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> StoredObject:
            stored = await super().put(key, chunks, media_type)
            await asyncio.sleep(0.8)
            return stored

    house.bucket = Slow()
    house.manners = replace(house.manners, patience=Patience(idle=0.4, letter=0.4, least_rate=1.0))
    await house.reopen()
    assert (await chunked(await enveloped(house), HEAD, b""))[-1].startswith("250")


async def test_a_silent_sender_is_told_good_bye(house: House) -> None:
    house.manners = Manners(200, 60.0, 10.0, 50, 100, Patience(idle=0.2, letter=10.0, least_rate=1.0))
    await house.reopen()
    client = await house.client()
    async with asyncio.timeout(3):
        assert (await client.reply()).startswith("421 4.4.2")


def test_the_time_that_our_own_stores_take_is_not_the_senders() -> None:
    pace = Pace(Patience(idle=120.0, letter=600.0, least_rate=1_000.0, grace=30.0))
    assert pace.left == 30.0
    pace.waited(0.0, 64_000)
    assert pace.left == 94.0
    pace.waited(95.0, 0)
    assert pace.left == 0.0


def test_a_steady_trickle_ends_with_the_letters_whole_time() -> None:
    pace = Pace(Patience(idle=120.0, letter=600.0, least_rate=1_000.0, grace=30.0))
    for _ in range(100):
        pace.waited(6.0, 60_000)
    assert pace.left == 0.0


@pytest.mark.parametrize("command", [b"NOOP", b"EHLO x", b"HELO x"])
async def test_who_never_comes_to_a_letter_is_told_good_bye(house: House, command: bytes) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    answers = [await client.say(command) for _ in range(house.manners.commands - 2)]
    assert {answer[:3] for answer in answers} == {"250"}
    assert (await client.say(command)).startswith("421 4.7.0")


@pytest.mark.parametrize("command", [b"NOOP", b"EHLO x", b"HELO x"])
async def test_who_holds_a_connection_without_a_letter_is_told_good_bye_in_the_end(
    house: House, command: bytes
) -> None:
    house.manners = replace(house.manners, between=0.1)
    await house.reopen()
    client = await house.client()
    assert (await client.say(b"EHLO x")).startswith("250")
    await asyncio.sleep(0.15)
    assert (await client.say(command)) == "421 4.4.2 Too long without a letter, come back when there is one"


@pytest.mark.parametrize("chunked_letter", [False, True])
async def test_however_long_a_letter_takes_its_connection_is_not_one_without_a_letter(
    house: House, chunked_letter: bool
) -> None:
    house.manners = replace(house.manners, between=0.3)
    await house.reopen()
    client = await (enveloped(house) if chunked_letter else house.client())
    if chunked_letter:
        client.writer.write(b"BDAT 2\r\nF")
        await asyncio.sleep(0.5)
        client.writer.write(b"r")
        assert (await client.reply()).startswith("250")
        assert (await client.say(b"BDAT 0 LAST")).startswith("550 5.7.1")
    else:
        await client.begin()
        client.writer.write(b"Fr")
        await asyncio.sleep(0.5)
        assert (await client.say(b"om\r\n.")).startswith("550 5.7.1")
    assert (await client.say(b"NOOP")).startswith("250")


async def test_letters_wait_for_a_place_and_then_hear_451(house: House) -> None:
    begun = [await house.client() for _ in range(house.capacity.letters)]
    for one in begun:
        assert (await one.begin()).startswith("354")
    late = await enveloped(house)
    assert (await late.say(b"DATA")).startswith("451 4.3.2")
    late.writer.write(ENVELOPE)
    assert [(await late.reply())[:3] for _ in range(2)] == ["250", "250"]
    (reply,) = await chunked(late, HEAD)
    assert reply.startswith("451 4.3.2")
    begun[0].writer.write(HEAD + b"\r\n.\r\n")
    assert (await begun[0].reply()).startswith("250")
    assert (await late.send(HEAD)).startswith("250")


async def test_one_recipient_too_many_is_told_to_come_later(house: House) -> None:
    house.manners = Manners(200, 60.0, 10.0, 50, 1, Patience(idle=5.0, letter=10.0, least_rate=1.0))
    await house.reopen()
    client = await enveloped(house)
    assert (await client.say(b"RCPT TO:<%s>" % PAUL.encode())).startswith("452 4.5.3")
    assert (await client.say(b"DATA")).startswith("354")


@pytest.mark.parametrize(
    "command", [b"HELP", b"VRFY x", b"EXPN x", b"NOOP", b"RSET", b"FOO", b"AUTH PLAIN x", b"STARTTLS", b"HELO"]
)
async def test_every_reply_has_its_status_code(house: House, command: bytes) -> None:
    client = await house.client()
    assert re.match(r"\d{3} [245]\.\d+\.\d+ ", await client.say(command))


async def test_a_header_block_may_end_in_bare_line_feeds_and_is_kept_so(house: House) -> None:
    client = await house.client()
    letter = HEAD.replace(b"\r\n", b"\n") + b"\nun\rdeux\n\0" + b"x" * 5_000
    assert (await client.send(letter)).startswith("250")
    (record,) = house.letters
    assert house.bucket.kept[record.object_key] == letter + b"\r\n"
