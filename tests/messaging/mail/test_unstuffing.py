"""DATA in blocks: only CRLF.CRLF ends it, dots are un-stuffed, what follows is the next commands."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.door.content import ContentHash
from messaging.door.unstuffing import Unstuffing

pieces = st.lists(
    st.sampled_from([b".", b"..", b"\r", b"\n", b"\r\n", b"a", b".\r\n", b"\n.\n", b"\n.\r\n", b"\r.\r"]),
    max_size=40,
)


def stuffed(letter: bytes) -> bytes:
    """A letter as a client sends it (RFC 5321 §4.5.2); it ends with a line end."""
    dotted = letter.replace(b"\r\n.", b"\r\n..")
    return (b"." + dotted if dotted.startswith(b".") else dotted) + b".\r\n"


def received(data: bytes, cuts: list[int]) -> tuple[bytes, bytes, bool]:
    """The letter, the surplus and whether it ended, when `data` arrives cut at these places."""
    unstuffing, letter, surplus = Unstuffing(), b"", b""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    for start, end in pairwise(places):
        if unstuffing.ended:
            surplus += data[start:end]
            continue
        letter += unstuffing.feed(data[start:end])
        surplus += unstuffing.surplus
    return letter, surplus, unstuffing.ended


@given(
    pieces, st.lists(st.integers(0, 200), max_size=12), st.sampled_from([b"", b"QUIT\r\n", b".\r\n", b"\r\n.\r\n"])
)
def test_a_letter_arrives_as_it_was_wherever_the_blocks_are_cut(
    parts: list[bytes], cuts: list[int], following: bytes
) -> None:
    letter = b"".join(parts) + b"\r\n"
    assert received(stuffed(letter) + following, cuts) == (letter, following, True)


@pytest.mark.parametrize("end", [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n..\r\n", b"\r\n. \r\n"])
def test_nothing_but_crlf_dot_crlf_ends_a_letter(end: bytes) -> None:
    assert not received(b"a" + end + b"MAIL FROM:<x>\r", [])[2]


def test_an_empty_letter_ends_at_once() -> None:
    assert received(b".\r\nNOOP\r\n", [1, 2]) == (b"", b"NOOP\r\n", True)


TRACE = b"Received: from a by b;\r\n Mon, 1 Jun 2026\r\nReturn-Path: <a@b>\r\nreceived: x\r\n"
LETTER = b"From: a@b\r\nReceived: inside\r\n\r\nBonjour"


@given(st.lists(st.integers(0, 150), max_size=8))
def test_a_letter_is_the_same_whatever_trace_is_in_front_of_it(cuts: list[int]) -> None:
    content = ContentHash()
    data = TRACE + LETTER
    places = sorted({cut % len(data) for cut in cuts} | {0, len(data)})
    for start, end in pairwise(places):
        content.feed(data[start:end])
    assert content.hexdigest() == hashlib.sha256(LETTER).hexdigest()


@pytest.mark.parametrize(
    "letter", [b"", b"x", b" folded first\r\nx", b"\r\nReceived: body\r\n", b"Receivedx: y\r\n"]
)
def test_what_is_no_trace_counts(letter: bytes) -> None:
    content = ContentHash()
    content.feed(letter)
    assert content.hexdigest() == hashlib.sha256(letter).hexdigest()


def test_a_trace_line_without_end_holds_no_memory() -> None:
    content = ContentHash()
    for _ in range(100):
        content.feed(b"Received: " + b"x" * 60_000)
        assert content._front is not None and len(content._front) < 200_000
