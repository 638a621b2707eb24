"""What a file is, told from its bytes: what somebody says of it is only believed where bytes can't tell."""

import codecs
import re
from enum import StrEnum

import puremagic

HEAD_SIZE = 65_536
"""Bytes at the start of a file that are enough to tell its format."""

PDF_HEADER_WITHIN = 1_024
"""A PDF's header may stand behind other bytes, up to here (ISO 32000-1, annex H, note 13)."""

OCTETS = "application/octet-stream"
HEIC = "image/heic"
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
_SIGNATURES: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"II*\x00", 0, "image/tiff"),
    (b"MM\x00*", 0, "image/tiff"),
    (b"WEBP", 8, "image/webp"),
    (b"{\\rtf1", 0, "application/rtf"),
    (b"DICM", 128, "application/dicom"),
)
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_IN_ZIP = ("application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.")
_LABEL = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
"""RFC 6838 §4.2."""
_TEXT_LABELS = ("text/html", "text/calendar", "text/vcard", "text/csv", "application/json")
_MARKUP = (b"<!doctype html", b"<html")
_XML = (b"<?xml", b"<svg", b"<!doctype")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
"""What no text holds; ESC is in ISO-2022."""
_ASCII = bytes(range(128))
_MOSTLY = 0.7
"""Of a text in an unknown set of 8 bits so much is ASCII."""
_GUESSED_FROM = 8_192


class Format(StrEnum):
    """A format that may be kept; the value is its media type (guide: jpeg, jpg, pdf, rtf, tif, tiff, txt, png)."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    TIFF = "image/tiff"
    PDF = "application/pdf"
    RTF = "application/rtf"
    TEXT = "text/plain"

    @property
    def extension(self) -> str:
        """How the name of a downloaded file ends."""
        return _EXTENSIONS[self]

    @property
    def label(self) -> str:
        """What a person reads beside the file."""
        return self.extension.removeprefix(".").upper()


_EXTENSIONS = {
    Format.JPEG: ".jpg",
    Format.PNG: ".png",
    Format.TIFF: ".tiff",
    Format.PDF: ".pdf",
    Format.RTF: ".rtf",
    Format.TEXT: ".txt",
}


def media_type_of(content: bytes, label: str = "") -> str:
    """The media type of a file whose first bytes, or all, are `content`; `OCTETS` where nothing tells it.

    `label` is what somebody called it, lower case. It decides between kinds that begin alike: texts, ZIPs.
    """
    head = content[:HEAD_SIZE]
    if b"%PDF-" in head[:PDF_HEADER_WITHIN]:
        return Format.PDF.value
    for signature, offset, media_type in _SIGNATURES:
        if head.startswith(signature, offset):
            return media_type
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return HEIC
    if head.startswith(_ZIPS):
        return label if label.startswith(_IN_ZIP) and _LABEL.fullmatch(label) else "application/zip"
    return _text_type(head, label) or _guessed(head[:_GUESSED_FROM])


def format_of(head: bytes) -> Format | None:
    """The format of a file whose first bytes are `head`, or None for one that may not be kept."""
    kind = media_type_of(head)
    return next((known for known in Format if known == kind), None)


def decoded(head: bytes) -> str:
    """The words of a text's first bytes: UTF-8, whose last letter may be cut, else Windows-1252."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        text = head.decode("cp1252", "replace")
    return text.removeprefix("\ufeff")


def _text_type(head: bytes, label: str) -> str | None:
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:256].lower()
    if not start or not _reads_as_text(head):
        return None
    if start.startswith(_MARKUP):
        return "text/html"
    if start.startswith(_XML):
        return "image/svg+xml" if b"<svg" in head[:2048].lower() else "application/xml"
    if start.startswith(b"begin:vcalendar"):
        return "text/calendar"
    return label if label in _TEXT_LABELS else Format.TEXT.value


def _reads_as_text(head: bytes) -> bool:
    """UTF-8, whose last letter may be cut, or a set of 8 bits."""
    if _CONTROLS.search(head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < HEAD_SIZE)
    except UnicodeDecodeError:
        return len(head.translate(None, _ASCII)) < len(head) * (1 - _MOSTLY)
    return True


def _guessed(head: bytes) -> str:
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError, IndexError, OSError):
        return OCTETS
    sure = (match.mime_type for match in found if match.mime_type and match.confidence >= 0.5)
    return str(next(sure, OCTETS))
