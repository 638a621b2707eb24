"""The formats a document may have, told from the bytes and not from what somebody says of them."""

import codecs
from enum import StrEnum

import puremagic

HEAD_SIZE = 65_536
"""Bytes at the start of a file that are enough to tell its format."""

PDF_HEADER_WITHIN = 1_024
"""A PDF's header may stand behind other bytes, up to here (ISO 32000-1, annex H, note 13)."""

ALLOWED_CONTROLS = frozenset("\t\n\r\f")
MARKUP = ("<!doctype", "<html", "<?xml", "<svg")


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


def format_of(head: bytes) -> Format | None:
    """The format of a file whose first bytes are `head`, or None for one that may not be kept.

    Plain text has no signature: it is what reads as text and is no markup.
    """
    if b"%PDF-" in head[:PDF_HEADER_WITHIN]:
        return Format.PDF
    known = _by_signature(head)
    if known is not None:
        return known
    return Format.TEXT if _reads_as_text(head) else None


def decoded(head: bytes) -> str:
    """The words of a text's first bytes: UTF-8, whose last letter may be cut, else Windows-1252."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        text = head.decode("cp1252", "replace")
    return text.removeprefix("\ufeff")


def _by_signature(head: bytes) -> Format | None:
    try:
        best = puremagic.magic_string(head)[0].mime_type
    except (puremagic.PureError, ValueError):
        return None
    return next((known for known in Format if known == best and known is not Format.TEXT), None)


def _reads_as_text(head: bytes) -> bool:
    text = _decoded(head)
    if text is None or not text.strip() or text.lstrip("\ufeff \t\r\n").lower().startswith(MARKUP):
        return False
    return all(_is_readable(letter) for letter in text)


def _decoded(head: bytes) -> str | None:
    for encoding in ("utf-8", "cp1252"):
        for cut in range(4 if encoding == "utf-8" and len(head) >= HEAD_SIZE else 1):
            try:
                return head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
    return None


def _is_readable(letter: str) -> bool:
    return letter in ALLOWED_CONTROLS or ord(letter) >= 32
