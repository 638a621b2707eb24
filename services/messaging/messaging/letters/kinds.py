"""What a file is, decided by its content: a sender's label is only believed where bytes can't tell."""

import re

import puremagic

HEAD = 8_192
OCTETS = "application/octet-stream"
INLINE_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What HTML may show in its place."""
_SIGNATURES: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"II*\x00", 0, "image/tiff"),
    (b"MM\x00*", 0, "image/tiff"),
    (b"WEBP", 8, "image/webp"),
    (b"ftypheic", 4, "image/heic"),
    (b"ftypheix", 4, "image/heic"),
    (b"ftypmif1", 4, "image/heic"),
    (b"{\\rtf1", 0, "application/rtf"),
    (b"DICM", 128, "application/dicom"),
)
_IN_ZIP = ("application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.")
_LABEL = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
"""RFC 6838 §4.2."""
_TEXT_LABELS = ("text/calendar", "text/vcard", "text/csv", "application/json")
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "application/rtf": ".rtf",
    "application/zip": ".zip",
    "application/xml": ".xml",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tif",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
}


def media_type_of(content: bytes, label: str) -> str:
    """The media type of a file's bytes. `label` is what the sender called it, lower case."""
    head = content[:HEAD]
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    for signature, offset, media_type in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return media_type
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return label if label.startswith(_IN_ZIP) and _LABEL.fullmatch(label) else "application/zip"
    return _text_type(head, label) or _guessed(head)


def extension_of(media_type: str) -> str:
    """The usual file name extension, with its dot; `.bin` for what has none here."""
    return _EXTENSIONS.get(media_type, ".bin")


def _text_type(head: bytes, label: str) -> str | None:
    if not _is_text(head):
        return None
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:256].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "text/html"
    if start.startswith((b"<?xml", b"<svg")):
        return "image/svg+xml" if b"<svg" in head[:2048].lower() else "application/xml"
    if start.startswith(b"begin:vcalendar"):
        return "text/calendar"
    if label == "text/html":
        return "text/html"
    return label if label in _TEXT_LABELS else "text/plain"


def _is_text(head: bytes) -> bool:
    """Whether bytes read as text: UTF-8 (perhaps cut in a character) or an 8-bit set, no control codes."""
    if not head or b"\0" in head:
        return False
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    if controls:
        return False
    try:
        head[:-4].decode("utf-8") if len(head) == HEAD else head.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(head) == HEAD and error.start >= HEAD - 8:
            return True
        high = sum(byte >= 128 for byte in head)
        return high < len(head) * 0.3
    return True


def _guessed(head: bytes) -> str:
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError, IndexError, OSError):
        return OCTETS
    sure = [match for match in found if match.mime_type and match.confidence >= 0.5]
    return str(sure[0].mime_type) if sure else OCTETS
