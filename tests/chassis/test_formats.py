"""What a file is called, and whether it may be kept or sent, is told from the same bytes by one judge."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from chassis.formats import HEAD_SIZE, HEIC, OCTETS, Format, format_of, media_type_of
from messaging.domain.uploading import sendable_type

FILES = {
    "png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(100),
    "jpeg without a name": b"\xff\xd8\xff\xdb" + bytes(100),
    "tiff, little end first": b"II*\0" + bytes(100),
    "tiff, big end first": b"MM\0*" + bytes(100),
    "pdf": b"%PDF-1.7\n",
    "pdf behind other bytes": b"x" * 1_000 + b"%PDF-1.4",
    "rtf": b"{\\rtf1\\ansi mots}",
    "almost rtf": b"{\\rtfm mots}",
    "words": "Résultats reçus".encode(),
    "words of Windows": "Résultats reçus".encode("cp1252"),
    "table": b"a;b\n1;2\n",
    "page": b"<html><p>x",
    "picture that runs": b"<svg onload=x>",
    "xml": b"<?xml version='1.0'?><a/>",
    "archive": b"PK\x03\x04" + bytes(30),
    "old word processor": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "animation": b"GIF89a" + bytes(50),
    "nothing": b"",
    "blanks": b" \r\n ",
    "words among many high letters": b"\xe9" * 90 + b"mot",
    "photo of a phone": b"\0\0\0\x18ftypheic" + bytes(30),
}


@pytest.mark.parametrize("label", ["application/octet-stream", "application/pdf", "image/png", "text/plain"])
@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_what_a_file_is_called_says_whether_it_may_be_kept(content: bytes, label: str) -> None:
    called = media_type_of(content, label)
    may_be_kept = format_of(content)
    assert (may_be_kept.value if may_be_kept else None) == (called if called in set(Format) else None)
    assert sendable_type(content) == (called if called in {*Format, HEIC} else None)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"])
def test_a_photo_of_a_phone_is_one_in_a_letter_as_from_a_device(brand: bytes) -> None:
    assert media_type_of(b"\0\0\0\x18ftyp" + brand + bytes(30), "image/jpeg") == HEIC


@pytest.mark.parametrize(
    ("content", "label", "kind"),
    [
        (b"a;b\n1;2\n", "text/csv", "text/csv"),
        (b"Bonjour", "text/html", "text/html"),
        (b"Bonjour", "application/pdf", "text/plain"),
        (b"\xef\xbb\xbf<HTML>", "text/plain", "text/html"),
        (b"PK\x03\x04", "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
        (b"PK\x03\x04", "image/png", "application/zip"),
        (b"<?xml version='1.0'?><svg/>", "", "image/svg+xml"),
        (b"\x1b$B$3$s\x1b(B", "", "text/plain"),
        (b"\x01\x02\x03", "text/plain", OCTETS),
        (b"", "text/plain", OCTETS),
    ],
)
def test_a_label_is_believed_only_where_bytes_can_not_tell(content: bytes, label: str, kind: str) -> None:
    assert media_type_of(content, label) == kind


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
    assert sendable_type(head) in (*Format, HEIC, None)
