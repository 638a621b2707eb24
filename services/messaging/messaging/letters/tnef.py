"""Outlook's winmail.dat (TNEF, [MS-OXTNEF]): its files, and its words as text, HTML or RTF.

Read here and not by a library, because every count in it is the sender's: each step goes forward in the bytes, and
never further than their end.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import compressed_rtf

from messaging.letters.charsets import codec_of, text_of

SIGNATURE = b"\x78\x9f\x3e\x22"
MEDIA_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
MOST_ATTRIBUTES = 20_000
MOST_PROPERTIES = 5_000
MOST_RTF = 1_000_000
DEEPEST = 4
_RENDERING, _TITLE, _DATA, _PROPERTIES, _ATTACHMENT, _BODY, _CODEPAGE = (
    *(0x9002, 0x8010, 0x800F, 0x9003, 0x9005, 0x800C, 0x9007),
)
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x000A: 4, 0x000B: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8}
_FIXED |= {0x0040: 8, 0x0048: 16, 0x0001: 0}
_VARIABLE = frozenset({0x000D, 0x001E, 0x001F, 0x0102})
_TEXT, _HTML, _RTF, _LONG_NAME, _NAME, _SHOWN_NAME = 0x1000, 0x1013, 0x1009, 0x3707, 0x3704, 0x3001
_OBJECT, _LABEL, _CONTENT_ID, _INTERNET_CODEPAGE = 0x3701, 0x370E, 0x3712, 0x3FDE
_UNICODE = 0x001F
_MESSAGE_ID = b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
_GUID = 16


class NotTnef(Exception):
    """These bytes are no TNEF, or a broken one."""


@dataclass
class Packed:
    """A file in a winmail.dat."""

    name: str = ""
    content: bytes = b""
    label: str = ""
    content_id: str = ""


@dataclass
class Tnef:
    """What a winmail.dat holds; `rtf` is decompressed. Files of attached messages stand among the others."""

    text: str = ""
    html: str = ""
    rtf: bytes = b""
    files: list[Packed] = field(default_factory=list)
    codec: str = "cp1252"


def read_tnef(content: bytes, depth: int = 0) -> Tnef:
    """What is in these bytes. Raises `NotTnef` where they break off or make no sense: nothing is given by half."""
    if not content.startswith(SIGNATURE) or depth > DEEPEST:
        raise NotTnef
    found = Tnef()
    try:
        for name, data in _attributes(content):
            _take(name, data, found, depth)
    except (struct.error, IndexError) as error:
        raise NotTnef from error
    return found


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    at, count = 6, 0
    while at + 9 <= len(content):
        name, length = struct.unpack_from("<xHxxL", content, at)
        end = at + 9 + length
        count += 1
        if end > len(content) or count > MOST_ATTRIBUTES:
            raise NotTnef
        yield name, content[at + 9 : end]
        at = end + 2


def _take(name: int, data: bytes, found: Tnef, depth: int) -> None:
    if name == _RENDERING:
        found.files.append(Packed())
    elif name == _CODEPAGE and len(data) >= 4:
        found.codec = codec_of(f"cp{struct.unpack_from('<L', data)[0]}") or found.codec
    elif name == _PROPERTIES:
        _words(_properties(data), found)
    elif name == _BODY:
        found.text = found.text or _decoded(data, found.codec)
    elif found.files and name == _TITLE:
        found.files[-1].name = found.files[-1].name or _decoded(data, found.codec)
    elif found.files and name == _DATA:
        found.files[-1].content = data
    elif found.files and name == _ATTACHMENT:
        _file(_properties(data), found, depth)


Properties = dict[int, tuple[int, bytes]]


def _properties(data: bytes) -> Properties:
    """MAPI properties by their id, with their type; of several values the first."""
    count = struct.unpack_from("<L", data)[0]
    at = 4
    found: Properties = {}
    for _ in range(min(count, MOST_PROPERTIES)):
        if at >= len(data):
            break
        kind, name = struct.unpack_from("<HH", data, at)
        at += 4
        if name >= 0x8000:
            at = _past_name(data, at)
        value, at = _value(data, at, kind)
        found.setdefault(name, (kind & 0x0FFF, value))
    return found


def _past_name(data: bytes, at: int) -> int:
    """Behind the set and the name of a property that is not one of the usual ones."""
    by_name, size = struct.unpack_from("<LL", data, at + _GUID)
    return at + _GUID + 8 + (_padded(size) if by_name else 0)


def _value(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
    several, plain = bool(kind & 0x1000), kind & 0x0FFF
    if plain in _FIXED and not several:
        return data[at : at + _FIXED[plain]], at + _FIXED[plain]
    count = struct.unpack_from("<L", data, at)[0]
    at += 4
    if plain in _FIXED:
        return data[at : at + _FIXED[plain]], at + count * _FIXED[plain]
    if plain not in _VARIABLE:
        raise NotTnef
    first = b""
    for number in range(count):
        size = struct.unpack_from("<L", data, at)[0]
        if at + 4 + size > len(data):
            raise NotTnef
        first = data[at + 4 : at + 4 + size] if number == 0 else first
        at += 4 + _padded(size)
    return first, at


def _padded(size: int) -> int:
    return size + (-size % 4)


def _words(properties: Properties, found: Tnef) -> None:
    codec = _codec(properties) or found.codec
    found.text = _text(properties, _TEXT, codec) or found.text
    found.html = _text(properties, _HTML, codec) or found.html
    found.rtf = _rtf(properties.get(_RTF, (0, b""))[1]) or found.rtf


def _codec(properties: Properties) -> str | None:
    code = properties.get(_INTERNET_CODEPAGE, (0, b""))[1]
    if len(code) < 4:
        return None
    number = struct.unpack_from("<L", code)[0]
    return "utf-8" if number == 65_001 else codec_of(f"cp{number}")


def _text(properties: Properties, name: int, codec: str) -> str:
    kind, value = properties.get(name, (0, b""))
    return _decoded(value, "utf-16-le" if kind == _UNICODE else codec)


def _decoded(value: bytes, codec: str) -> str:
    try:
        text = value.decode(codec)
    except (ValueError, LookupError):
        text = text_of(value)
    return text.rstrip("\0").replace("\r\n", "\n")


def _rtf(packed: bytes) -> bytes:
    if not packed or len(packed) > MOST_RTF:
        return b""
    try:
        content: bytes = compressed_rtf.decompress(packed)
    except Exception:  # the library raises nothing more particular
        return b""
    return content.rstrip(b"\0")


def _file(properties: Properties, found: Tnef, depth: int) -> None:
    file = found.files[-1]
    names = (_text(properties, name, found.codec) for name in (_LONG_NAME, _NAME, _SHOWN_NAME))
    file.name = next((name for name in names if name), file.name)
    file.label = _text(properties, _LABEL, found.codec).lower()
    file.content_id = _text(properties, _CONTENT_ID, found.codec)
    content = properties.get(_OBJECT, (0, b""))[1]
    if content.startswith(_MESSAGE_ID):
        _message(content[len(_MESSAGE_ID) :], found, depth)
    elif content:
        file.content = content[_GUID:] if len(content) > _GUID else content


def _message(content: bytes, found: Tnef, depth: int) -> None:
    """An attached message: its words as a file, and its files."""
    inner, file = read_tnef(content, depth + 1), found.files[-1]
    extension, words = _best(inner)
    file.name, file.content = f"{file.name or 'Message'}{extension}", words
    found.files += inner.files


def _best(inner: Tnef) -> tuple[str, bytes]:
    if inner.html:
        return ".html", inner.html.encode()
    return (".rtf", inner.rtf) if inner.rtf and not inner.text else (".txt", inner.text.encode())
