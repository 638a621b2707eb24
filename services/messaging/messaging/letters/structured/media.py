"""The files inside a CDA document: PDFs and pictures in base64, or beside it in the archive (CDA R2 §4.3.5.12)."""

import zlib
from collections.abc import Callable
from itertools import islice

from msgspec import Struct

from chassis.formats import media_type_of
from messaging.domain.structured import OwnFile
from messaging.letters.filenames import Taken, distinct, safe_name
from messaging.letters.kinds import extension_of
from messaging.letters.structured.head import named
from messaging.letters.structured.xml import Element, Xml, attribute, child, children, local, words

MOST_FILES = 100
MOST_UNPACKED = 30_000_000
Beside = Callable[[str], bytes]
"""The bytes of a file beside the document, empty when there is none of that name."""
_WINDOWS = {"DF": -zlib.MAX_WBITS, "ZL": zlib.MAX_WBITS, "GZ": zlib.MAX_WBITS | 16}


class Media(Struct, frozen=True):
    """The files, and where the words refer to each by an id."""

    files: tuple[OwnFile, ...]
    numbers: dict[str, int]
    body: int | None


def media_of(xml: Xml, title: str, beside: Beside) -> Media:
    """Every file of a document: its body's if it is one (level 1), then those of its sections."""
    files = _Files(xml, beside)
    numbers: dict[str, int] = {}
    body = files.add(child(xml.root, "component", "nonXMLBody", "text"), title)
    for media in islice(xml.root.iter("{*}observationMedia"), MOST_FILES):
        number = files.add(child(media, "value"), _called(media, title))
        if number is not None and attribute(media, "ID"):
            numbers.setdefault(attribute(media, "ID"), number)
            _around(media, numbers, number)
    return Media(tuple(files.found), numbers, body)


def _around(media: Element, numbers: dict[str, int], number: int) -> None:
    """A region of interest is referred to in place of the picture that it is a part of."""
    for outer in media.iterancestors():
        if local(outer) == "regionOfInterest" and attribute(outer, "ID"):
            numbers.setdefault(attribute(outer, "ID"), number)


class _Files:
    """The files found so far, each under a name of its own."""

    def __init__(self, xml: Xml, beside: Beside) -> None:
        self.found: list[OwnFile] = []
        self._names: Taken = {}
        self._xml = xml
        self._beside = beside

    def add(self, value: Element | None, title: str) -> int | None:
        """Take the file that a value holds or names; its number, None when there is none."""
        content = b"" if value is None else _content(value, self._xml, self._beside)
        if not content or len(self.found) >= MOST_FILES:
            return None
        media_type = media_type_of(content, attribute(value, "mediaType").lower())
        extension = extension_of(media_type)
        name = safe_name(f"{title}{extension}" if title else "", len(self.found) + 1, extension)
        self.found.append(OwnFile(name=distinct(name, self._names), media_type=media_type, content=content))
        return len(self.found) - 1


def _content(value: Element, xml: Xml, beside: Beside) -> bytes:
    reference = attribute(child(value, "reference"), "value")
    if reference and "://" not in reference:
        return beside(reference)
    if attribute(value, "representation").upper() != "B64":
        return b"" if len(value) else (value.text or "").strip().encode()
    packed = xml.base64_of(value)
    window = _WINDOWS.get(attribute(value, "compression").upper())
    return packed if window is None else _unpacked(packed, window)


def _unpacked(packed: bytes, window: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    try:
        content = unpacker.decompress(packed, MOST_UNPACKED)
    except zlib.error:
        return b""
    return b"" if unpacker.unconsumed_tail else content


def _called(media: Element, title: str) -> str:
    """What the document calls a file: the type said beside it, else its section, else the document's title."""
    for outer in media.iterancestors():
        if local(outer) in ("organizer", "observation", "act"):
            said = next((named(child(one, "value")) for one in outer.iter("{*}observation")), "")
            if said:
                return said
            if named(child(outer, "code")) and local(outer) != "organizer":
                return named(child(outer, "code"))
        if local(outer) == "section":
            return words(next(children(outer, "title"), None)) or title
    return title
