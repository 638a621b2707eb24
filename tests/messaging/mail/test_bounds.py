"""Whatever a sender sends is read in a time and a memory that it cannot choose."""

import base64
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import chain, count
from pathlib import PurePosixPath

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.formats import media_type_of
from messaging.domain.invitations import Invitation
from messaging.domain.letter import Letter
from messaging.door.content import ContentHash
from messaging.letters import read_letter, read_report
from messaging.letters.calendars import invitations
from messaging.letters.charsets import codec_of
from messaging.letters.filenames import Taken, distinct
from messaging.letters.found import LONGEST_TEXT, MOST_CALENDAR, MOST_PARTS, File, Found
from messaging.letters.headers import decoded
from tests.messaging.mail.copying import copy
from tests.messaging.outlook import winmail

OWN = "288056938312340@patient.mssante.fr"
OTHER = "175027511500443@patient.mssante.fr"
FROM = b"From: a@chu.mssante.fr\r\nSubject: s\r\n"
MIB = 1024 * 1024
PROMPTLY = 8.0
"""Seconds: generous on a busy machine; what is not in proportion takes minutes."""


@pytest.fixture(autouse=True)
def promptly() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < PROMPTLY


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times as much processor time ten times the size costs: some 10 in proportion, 100 squared."""
    return _cost(work, 10 * size) / max(_cost(work, size), 1e-3)


def _cost(work: Callable[[int], object], size: int) -> float:
    costs = []
    for _ in range(3):
        begun = time.thread_time()
        work(size)
        costs.append(time.thread_time() - begun)
    return min(costs)


IN_PROPORTION = 35
"""Times: generous on a busy machine."""


def read(raw: bytes) -> Letter:
    return read_letter(raw, "0199")


LONG_LINES = {
    "letters": b"X-Foo: " + b"a" * MIB,
    "at signs": b"X-Foo: " + b"@" * MIB,
    "own domain": b"To: " + b"@patient.mssante.fr" * (MIB // 19),
    "addresses": b"To: " + b"a@b.fr," * (MIB // 7),
    "brackets": b"Cc: " + b"<" * MIB,
    "begun words": b"Subject: " + b"=?x?q?a " * (MIB // 8),
    "words": b"Subject: " + b"=?utf-8?q?a?= " * (MIB // 14),
    "parameters": b'Content-Type: text/plain; x="' + b";" * MIB,
    "name": b'Content-Disposition: attachment; filename="' + b";" * MIB,
    "ids": b"References: " + b"<a" * (MIB // 2),
    "no colon": b"a" * MIB,
}


@pytest.mark.parametrize("size", [60 * 1024, MIB])
@pytest.mark.parametrize("line", LONG_LINES.values(), ids=LONG_LINES.keys())
def test_a_line_of_any_length_is_read_and_masked_promptly(line: bytes, size: int) -> None:
    raw = FROM + line[:size] + b"\r\n\r\nBonjour"
    read(raw)
    assert b"Bonjour" in copy(raw)


@pytest.mark.parametrize("size", [60 * 1024, 4 * MIB])
def test_a_line_of_any_length_in_an_attached_message_is_kept_promptly(size: int) -> None:
    inner = b"From: b@c.fr\r\nSubject: un\r\n deux " + b"mot " * (size // 4) + b"\r\nX: \xe9\r\n\r\nBonjour"
    (part,) = read(FROM + b"Content-Type: message/rfc822\r\n\r\n" + inner).parts
    assert part.content == inner.replace(b"\r\n", b"\n")


def test_a_header_block_of_more_than_64_kib_is_withheld_and_the_body_given() -> None:
    raw = FROM + f"To: {OTHER}\r\nX-Foo: ".encode() + b"a" * 70_000 + b"\r\n\r\nBonjour"
    assert copy(raw) == b"Bonjour"


def test_a_very_long_local_part_is_masked_whole() -> None:
    raw = FROM + b"X-Foo: b " + b"a" * 500 + f"{OTHER}\r\n\r\n".encode()
    assert b"aaa" not in copy(raw)


def test_boundaries_nested_deep_over_very_many_lines_give_the_bare_letter() -> None:
    nest = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(200))
    letter = read(FROM + nest + b"\r\n" + b"\n" * MIB)
    assert letter.incomplete and letter.subject == "s"


def test_flowed_lines_and_trace_fields_take_time_in_proportion() -> None:
    read(FROM + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \n" * MIB)
    content = ContentHash()
    for _ in range(64):
        content.feed(b"Received: x\n" + b"\t\n" * 32_000)
    assert len(content.hexdigest()) == 64


def test_all_plain_parts_together_give_at_most_200_000_characters() -> None:
    part = b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + "é".encode() * 190_000 + b"\r\n"
    letter = read(FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 30 + b"--b--\r\n")
    assert len(letter.text) <= LONGEST_TEXT + 100 and letter.incomplete


@pytest.mark.parametrize(
    "html",
    [
        b"<table><tr><td>" + b"a" * 4_000 + b"</td></tr>" + b"<tr><td>b</td><td>c</td></tr>" * 9_000,
        b"<ul>" * 240 + b"<li>x" * 200_000,
        b"<table><tr><td>" * 20_000,
        b"<blockquote>" * 100_000 + b"x",
    ],
)
def test_html_to_text_takes_memory_in_proportion(html: bytes) -> None:
    tracemalloc.start()
    letter = read(FROM + b"Content-Type: text/html\r\n\r\n" + html)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(letter.text) <= LONGEST_TEXT and peak < 300 * MIB


def test_cells_and_items_of_html_stand_apart_in_its_words() -> None:
    html = (
        b"<p>Bonjour</p><table><tr><td>Na</td><td>140</td></tr><tr><td>K</td></tr></table><ul><li>un<li>deux</ul>"
    )
    assert read(FROM + b"Content-Type: text/html\r\n\r\n" + html).text == "Bonjour\n\nNa  140\nK\n* un\n* deux"


@pytest.mark.parametrize(
    "charset", ["unicode_escape", "raw_unicode_escape", "idna", "punycode", "rot13", "zip", "x\0"]
)
def test_only_character_sets_of_mail_are_believed(charset: str) -> None:
    assert codec_of(charset) is None
    content_type = f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode()
    assert bson.encode({"text": read(FROM + content_type + b"a\\ud800 \xe9").text})


@pytest.mark.parametrize(
    "charset", ["utf-8", "ISO-8859-15", "windows-1252", "gb2312", "shift_jis", "KOI8-R", "macintosh"]
)
def test_real_character_sets_are(charset: str) -> None:
    assert codec_of(charset)


def test_half_characters_are_never_kept() -> None:
    raw = b"From: =?utf-7?q?+2AA-?= <a@chu.mssante.fr>\r\nSubject: \\ud800 =?utf-16-le?b?ANg=?= =?utf-8?q?a?=\r\n"
    letter = read(raw + b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA- \xff\r\n")
    assert letter.sender is not None
    assert bson.encode({"all": [letter.subject, letter.text, letter.sender.name]})


def test_text_around_encoded_words_stays_as_it_is() -> None:
    assert decoded(r"C:\users\n =?utf-8?q?=C3=A9?= =?utf-8?q?t=C3=A9?= fin") == r"C:\users\n été fin"


@pytest.mark.parametrize(
    "label",
    [
        "application/vnd.oasis.opendocument.t☃",
        "application/vnd.oasis.opendocument.a\r\nx: y",
        "application/vnd.oasis.opendocument." + "a" * 300,
    ],
)
def test_a_label_that_is_no_media_type_is_not_believed(label: str) -> None:
    assert media_type_of(b"PK\x03\x04", label) == "application/zip"


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        (b"\r\n\x7f\x7f", True),
        (b"\r\n\xff\xfe", True),
        (b"\r\n\xa0", True),
        (b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\n`\nend\n", True),
        (b"Content-Type: image/png\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\n`\nend\n", True),
        (b"\r\n \r\n\r\n", False),
        (b"Content-Transfer-Encoding: base64\r\n\r\n====", False),
        (b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=\r\n", False),
    ],
)
def test_a_letter_of_which_nothing_can_be_shown_says_so_unless_it_is_empty(body: bytes, missing: bool) -> None:
    letter = read(FROM + body)
    assert (letter.text, letter.html, letter.parts) == ("", None, ())
    assert letter.incomplete is missing


def test_an_empty_word_beside_a_file_hides_nothing() -> None:
    blank = b"--b\r\nContent-Type: text/plain\r\n\r\n\xa0\r\n"
    file = b"--b\r\nContent-Type: image/gif; name=a.gif\r\n\r\nGIF89a\r\n--b--\r\n"
    letter = read(FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + blank + file)
    assert len(letter.parts) == 1 and not letter.incomplete


def test_messages_within_messages_are_not_kept_over_and_over() -> None:
    head = b"From: a@chu.mssante.fr\r\nContent-Type: message/rfc822\r\n\r\n"
    raw = head * 55 + FROM + b"\r\n" + b"a" * 4 * MIB
    letter = read(raw)
    assert sum(len(part.content) for part in letter.parts) < 5 * len(raw) and len(letter.parts) <= 4


def test_a_report_of_very_many_groups_of_fields_is_read_in_proportion() -> None:
    head = b"From: MAILER-DAEMON@b.fr\nContent-Type: multipart/report; boundary=zz\n\n--zz\n\n"

    def work(size: int) -> None:
        fields = b"Final-Recipient: rfc822; a@b.fr\nAction: failed\n\n" + b"a:b\n\n" * size
        assert read_report(head + fields, null_sender=True)

    assert growth(work, 5_000) < IN_PROPORTION


def calendars(count: int, calendar: str) -> bytes:
    part = f"--b\r\nContent-Type: text/calendar\r\n\r\n{calendar}\r\n".encode()
    return FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * count + b"--b--\r\n"


def test_time_zones_that_never_end_are_read_in_proportion() -> None:
    def work(size: int) -> None:
        zones = "BEGIN:VTIMEZONE\r\n" * size
        assert not read(calendars(1, f"BEGIN:VCALENDAR\r\n{zones}END:VCALENDAR\r\n")).invitations

    assert growth(work, 380) < IN_PROPORTION


def test_of_very_many_calendars_in_a_letter_only_some_are_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_through: list[int] = []

    def counted(content: bytes) -> tuple[Invitation, ...]:
        looked_through.append(len(content))
        return invitations(content)

    monkeypatch.setattr("messaging.letters.calendars.invitations", counted)
    padding = "X-A:b\r\n" * 7_000
    letter = read(calendars(50, f"BEGIN:VCALENDAR\r\n{padding}END:VCALENDAR\r\n"))
    assert len(letter.parts) == 50 and not letter.incomplete
    assert 0 < sum(looked_through) <= MOST_CALENDAR


def packages(count: int, files: int) -> bytes:
    package = base64.encodebytes(winmail(*[("a.txt", b"x")] * files))
    head = b"--b\r\nContent-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    part = head + package + b"\r\n"
    return FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * count + b"--b--\r\n"


def test_outlook_packages_give_no_more_files_than_a_letter_may_have_and_the_others_stay_whole() -> None:
    assert len(read(packages(1, 3_000)).parts) == 1
    letter = read(packages(3, 600))
    assert len(letter.parts) == 602 and not letter.incomplete


def test_files_beyond_the_most_make_the_letter_incomplete() -> None:
    found = Found()
    numbers = [found.add_file(File(name="a", media_type="x/y", content=b"")) for _ in range(MOST_PARTS + 1)]
    assert numbers == [*range(MOST_PARTS), None] and len(found.files) == MOST_PARTS and found.incomplete


def test_equal_names_are_told_apart_in_proportion() -> None:
    def work(size: int) -> None:
        taken: Taken = {}
        assert len({distinct("Résultats.pdf", taken) for _ in range(size)}) == size

    assert growth(work, 400) < IN_PROPORTION


@given(st.lists(st.sampled_from(["a", "A", "a (2)", "a (3)", "a.txt", "A.TXT", "a (2).txt", "a (2) (2)"])))
def test_a_name_that_is_taken_gets_the_first_number_that_is_not(names: list[str]) -> None:
    taken: Taken = {}
    given_before: set[str] = set()
    for name in names:
        path = PurePosixPath(name)
        numbered = (f"{path.stem} ({number}){path.suffix}" for number in count(2))
        free = next(one for one in chain([name], numbered) if one.casefold() not in given_before)
        assert distinct(name, taken) == free
        given_before.add(free.casefold())
