"""What a letter's file is called, and whether it may be kept among documents, is told from the same bytes."""

import pytest

from chassis.formats import Format, format_of
from messaging.letters.kinds import media_type_of

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
}


@pytest.mark.parametrize("label", ["application/octet-stream", "application/pdf", "image/png", "text/plain"])
@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_what_a_file_is_called_says_whether_it_may_be_kept(content: bytes, label: str) -> None:
    called = media_type_of(content, label)
    may_be_kept = format_of(content)
    assert (may_be_kept.value if may_be_kept else None) == (called if called in set(Format) else None)
