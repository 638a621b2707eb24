"""The original of a letter is given in any piece a browser asks for, other patients masked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.messaging.mail.copying import DOMAIN, OWN, copy, original

LETTER = f"From: a@chu.mssante.fr\r\nTo: 175027511500443@{DOMAIN}, {OWN}\r\n\r\nBonjour\r\n".encode()
SHORT_HEADERS = {
    "masked": LETTER,
    "lines of one end": LETTER.replace(b"\r\n", b"\n"),
    "no body": LETTER[: LETTER.index(b"Bonjour")],
    "no header": b"\r\nBonjour",
    "never ends": b"From: a@chu.mssante.fr\r\nTo: x",
    "nothing": b"",
}


@pytest.mark.parametrize("raw", SHORT_HEADERS.values(), ids=SHORT_HEADERS.keys())
async def test_the_whole_original_is_the_masked_header_block_and_the_body(raw: bytes) -> None:
    assert await original(raw) == copy(raw)


@settings(deadline=None)
@given(st.data())
async def test_any_range_of_it_is_that_part_of_the_whole(data: st.DataObject) -> None:
    whole = copy(LETTER)
    first = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(1, len(whole) - first))
    assert await original(LETTER, first, length) == whole[first : first + length]


@settings(deadline=None)
@given(st.integers(65_400, 65_700), st.sampled_from([b"\r\n\r\n", b"\n\n"]))
async def test_a_header_block_about_64_kib_is_given_or_withheld_and_the_body_always_given(
    size: int, blank: bytes
) -> None:
    raw = b"X-Foo: " + b"a" * (size - 7) + blank + b"Bonjour"
    assert await original(raw) == copy(raw)


async def test_of_a_header_block_far_larger_the_body_is_given() -> None:
    raw = b"X-Foo: " + b"a" * 1_000_000 + b"\r\n\r\nBonjour"
    assert await original(raw) == b"Bonjour"
