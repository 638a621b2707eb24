"""Other patients' addresses are masked in attached messages too, in as many bytes as there were."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.domain.model import Attachment
from messaging.letters import masking
from messaging.letters.masking import MOST_GUESSED, Mask, masked_header
from messaging.letters.nested import MOST_MESSAGES, NestedMask, Where
from messaging.originals import Originals
from tests.messaging.fake_objects import FakeObjects
from tests.messaging.mail.copying import DOMAIN, OWN, copy, original
from tests.messaging.mail.test_bounds import IN_PROPORTION, growth

OTHER = f"175027511500443@{DOMAIN}"
MASK = Mask(OWN, DOMAIN)
NESTED = (
    f"From: a@chu.mssante.fr\r\nTo: {OWN},\r\n =?utf-8?q?Ren=C3=A9?= <{OTHER}>\r\nX-Other: <{OTHER}>\r\n"
    f"Content-Type: text/plain\r\n\r\nBonjour {OTHER}\r\n"
).encode()
MASKED = "patient masqué".encode()


def mixed(part: bytes, before: bytes = b"--b\r\nContent-Type: text/plain\r\n\r\n-- \r\nMarie\r\n\r\n") -> bytes:
    return (
        f"From: a@chu.mssante.fr\r\nTo: {OWN}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".encode()
        + before
        + b"--b\r\n"
        + part
        + b"\r\n--b--\r\n"
    )


ATTACHED = mixed(b'Content-Type: message/rfc822;\r\n name="a.eml"\r\n\r\n' + NESTED)
LETTERS = {
    "attached": ATTACHED,
    "with lines of one end": ATTACHED.replace(b"\r\n", b"\n"),
    "after a part without an end": mixed(b"Content-Type:\r\n message/rfc822\r\n\r\n" + NESTED, b"--b\r\nX: y\r\n"),
    "the letter is a message": f"To: {OWN}\r\nContent-Type: message/rfc822\r\n\r\n".encode() + NESTED,
    "a message in it": mixed(
        b"Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\n" + NESTED
    ),
    "a message that came back": mixed(b"Content-Type: text/rfc822-headers\r\n\r\n" + NESTED),
    "in a digest, without a header block of its own": mixed(b"\r\n" + NESTED),
    "forwarded": mixed(
        b"Content-Type: message/rfc822\r\n\r\n" + mixed(b"CONTENT-TYPE : message/rfc822\r\n\r\n" + NESTED)
    ),
}  # fmt: skip


@pytest.mark.parametrize("raw", LETTERS.values(), ids=LETTERS.keys())
async def test_in_attached_messages_other_patients_are_masked_and_all_else_is_as_it_was(raw: bytes) -> None:
    given = await original(raw)
    assert len(given) == len(copy(raw))
    assert given.count(OTHER.encode()) == 1 and f"Bonjour {OTHER}".encode() in given
    assert given.count(MASKED) == 2 and b"Ren" not in given
    ours, theirs = given.splitlines(), copy(raw).splitlines()
    assert [line for line in ours if line in theirs] == [line for line in ours if MASKED not in line]


@settings(deadline=None)
@given(st.data())
async def test_any_range_of_it_is_that_part_of_the_whole(data: st.DataObject) -> None:
    whole = await original(ATTACHED)
    first = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(1, len(whole) - first))
    assert await original(ATTACHED, first, length) == whole[first : first + length]


async def test_a_downloaded_message_is_masked_from_its_first_line() -> None:
    objects = FakeObjects()
    objects.kept["part"] = NESTED
    file = Attachment(
        id="1", filename="a.eml", media_type="message/rfc822", size=len(NESTED), sha256="", object_key="part"
    )
    given = b"".join([chunk async for chunk in Originals(objects, DOMAIN).file(file, OWN)])
    assert len(given) == len(NESTED) and given.count(MASKED) == 2 and given.count(OTHER.encode()) == 1
    assert OWN.encode() in given


_lines = st.lists(
    st.sampled_from(
        [b"--b", b"-- ", b"", b"-", b"Content-Type: message/rfc822", f"To: {OTHER}".encode(), b" x", b"\xff",
         f"no colon {OTHER}".encode(), b"Content-Transfer-Encoding: base64", b"=?utf-8?b?", b"X" * 70_000]
    )
)  # fmt: skip


@given(
    _lines, st.sampled_from([b"\r\n", b"\n"]), st.sampled_from(Where), st.lists(st.integers(0, 300), max_size=9)
)
def test_in_whatever_pieces_it_comes_as_many_bytes_are_given_and_the_same(
    lines: list[bytes], end: bytes, where: Where, cuts: list[int]
) -> None:
    raw = end.join(lines)
    at_once = NestedMask(MASK, where).feed(raw, last=True)
    nested, at, given = NestedMask(MASK, where), 0, b""
    for cut in cuts:
        given += nested.feed(raw[at : at + cut])
        at += cut
    given += nested.feed(raw[at:]) + nested.feed(b"", last=True)
    assert len(at_once) == len(raw) and given == at_once


@pytest.mark.parametrize("field", [
    f"To: {OTHER}", f"X: =?utf-8?q?{OTHER}?=", f"Reçu: {OTHER}", f"nothing but {OTHER}", f"{OTHER}: x",
    f"To: =?iso-8859-1?q?=E9=E9=E9?= <a@b.fr>, {OTHER}",
])  # fmt: skip
def test_a_field_keeps_its_length_and_loses_the_address(field: str) -> None:
    masked = MASK.in_place(f"{field}\r\n".encode())
    assert len(masked) == len(field.encode()) + 2 and masked.endswith(b"\r\n") and OTHER.encode() not in masked


TYPE = b"Content-Type: message/rfc822\n\n"
STRANGE = {
    "lines": b"x\n",
    "dashes": b"--\n",
    "parts": b"--a\n\na:=?\n\n",
    "messages": TYPE,
    "messages with a field": TYPE + b"a:=?\n\n",
    "types": b"Content-Type:\n ",
    "fields": b"a:=?\n",
    "folds": b" a\n",
    "addresses": f"To: {OTHER}\n".encode(),
    "entries": f"<{OTHER}>,".encode(),
    "at signs": b"@",
    "brackets": b"<",
}


@pytest.mark.parametrize("unit", STRANGE.values(), ids=STRANGE.keys())
def test_it_takes_time_in_proportion_and_never_a_long_one(unit: bytes) -> None:
    def work(size: int) -> None:
        NestedMask(MASK, Where.MESSAGE).feed(f"To: {OTHER}".encode() + unit * (size // len(unit)), last=True)

    assert growth(work, 40_000) < IN_PROPORTION


def test_over_a_mebibyte_of_fields_with_addresses_they_are_withheld_and_all_else_is_given() -> None:
    raw = (TYPE + f"To: {OTHER}\nSubject: Avis\n\nBonjour\n".encode()) * 8_000
    given = NestedMask(MASK, Where.BODY).feed(b"\n" + raw, last=True)
    assert len(given) == len(raw) + 1 and OTHER.encode() not in given
    assert given.count(b"Subject: Avis\n\nBonjour\n") == 8_000
    assert 1_000 < given.count(MASKED) < 8_000


def test_of_a_thousand_addresses_in_damaged_encodings_some_are_guessed_at_and_none_is_revealed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guessed: list[bytes] = []
    monkeypatch.setattr(masking, "text_of", lambda raw: guessed.append(raw) or raw.decode("cp1252", "replace"))
    raw = (
        b"".join(b"To: \xc9\xe8%d <%s>\r\n" % (number, OTHER.encode()) for number in range(1_000)) + b"\r\nBonjour"
    )
    readings = [NestedMask(MASK, Where.MESSAGE).feed(raw, last=True) for _ in range(2)]
    assert readings[0] == readings[1]
    assert len(guessed) == 2 * MOST_GUESSED
    assert OTHER.encode() not in readings[0] and readings[0].endswith(b"\r\nBonjour")


def test_what_follows_on_ten_thousand_messages_reveals_nobody() -> None:
    raw = (TYPE + b"a: b\n\n") * (MOST_MESSAGES + 1) + TYPE + f"To: {OTHER}\n\nBonjour".encode()
    given = NestedMask(MASK, Where.MESSAGE).feed(raw, last=True)
    assert len(given) == len(raw) and OTHER.encode() not in given and given.endswith(b"\n\nBonjour")


async def test_while_a_strange_letter_is_looked_through_the_service_does_other_things() -> None:
    objects = FakeObjects()
    objects.kept["raw"] = b"From: a@b.fr\r\n\r\n" + (TYPE + b"a:=?\n\n") * 30_000
    originals = Originals(objects, DOMAIN)
    found = await originals.of("raw", OWN)

    async def read() -> int:
        return sum([len(chunk) async for chunk in originals.chunks(found, 0, found.size)])

    reading, turns = asyncio.create_task(read()), 0
    while not reading.done():
        turns += 1
        await asyncio.sleep(0.001)
    assert await reading == found.size and turns > 20


def test_an_address_field_too_deep_for_the_parser_is_masked_as_words() -> None:
    field = b"To: " + b"(" * 5_000 + f"<{OTHER}>\r\n".encode()
    masked = masked_header(field + b"\r\n", OWN, DOMAIN)
    assert MASKED in masked and OTHER.encode() not in masked
