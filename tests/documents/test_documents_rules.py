"""What may become a document, told without any I/O."""

import re
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chassis.document_types import LABELS
from chassis.formats import HEAD_SIZE, Format, format_of
from contracts.base import UUID_PATTERN
from contracts.documents import TYPE_CODES
from documents.domain.document import Refusal, document_id_for, refusal_of_size
from documents.domain.listing import Place, place_from


def picture(kind: str) -> bytes:
    written = BytesIO()
    Image.new("RGB", (8, 8)).save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (picture("JPEG"), Format.JPEG),
        (picture("PNG"), Format.PNG),
        (picture("TIFF"), Format.TIFF),
        (b"%PDF-1.4\n", Format.PDF),
        (b"\r\n\r\n%PDF-1.4\n", Format.PDF),
        (rb"{\rtf1\ansi Bonjour}", Format.RTF),
        ("Bonjour, voici vos résultats".encode(), Format.TEXT),
        ("Bonjour, voici vos résultats".encode("cp1252"), Format.TEXT),
        (b"BM est un sigle", Format.TEXT),
    ],
)
def test_the_formats_of_the_guide_are_told_by_content(head: bytes, form: Format) -> None:
    assert format_of(head) is form


@pytest.mark.parametrize(
    "head",
    [
        b"PK\x03\x04" + bytes(30),
        b"GIF89a" + bytes(30),
        b"MZ" + bytes(100),
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600),
        b"\0\0\0\x18ftypheic" + bytes(30),
        b"<!doctype html><html><script>1</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<?xml version='1.0'?><a/>",
        b"   ",
        b"\x01\x02\x03",
    ],
)
def test_other_formats_may_not_be_kept(head: bytes) -> None:
    assert format_of(head) is None


def test_a_long_text_cut_in_the_middle_of_a_letter_is_still_text() -> None:
    assert format_of(("a" + "é" * HEAD_SIZE).encode()[:HEAD_SIZE]) is Format.TEXT


@given(st.binary(max_size=300))
def test_no_bytes_at_all_break_the_telling_of_formats(head: bytes) -> None:
    assert format_of(head) in (*Format, None)


def test_a_document_is_smaller_than_five_million_bytes() -> None:
    assert refusal_of_size(4_999_999) is None
    assert refusal_of_size(5_000_000) is Refusal.TOO_LARGE
    assert refusal_of_size(0) is Refusal.EMPTY


def test_every_type_of_document_has_its_words() -> None:
    assert tuple(LABELS) == TYPE_CODES


@given(st.uuids(version=4), st.integers(0, 2**48 - 1))
def test_a_request_always_makes_the_same_document_id(drawn: object, instant: int) -> None:
    moment = f"{instant:012x}"
    request_id = f"{moment[:8]}-{moment[8:]}-7{str(drawn)[15:]}"
    made = document_id_for(request_id)
    assert made == document_id_for(request_id) != request_id
    assert re.fullmatch(UUID_PATTERN, made)
    assert made[:13] == request_id[:13]


def test_a_place_in_a_list_survives_its_address() -> None:
    place = Place(date(2026, 6, 9), "01975a3c-1f60-7a10-9c4e-2b7d5e8f0a31")
    assert place_from(str(place)) == place
    assert place_from("hier.abc") is None
    assert place_from("") is None
    assert datetime(2026, 6, 9, tzinfo=UTC).date() == place.dated
