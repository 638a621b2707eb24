"""winmail.dat as the tests make it: TNEF attributes and MAPI properties, as Outlook packs them."""

import struct

import compressed_rtf

MESSAGE, ATTACHMENT = 1, 2
_GUID = b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"


def _attribute(level: int, name: int, kind: int, data: bytes) -> bytes:
    return struct.pack("<BHHL", level, name, kind, len(data)) + data + struct.pack("<H", sum(data) % 65_536)


def _string(name: int, text: str) -> bytes:
    data = (text + "\0").encode("utf-16-le")
    return struct.pack("<HHLL", 0x001F, name, 1, len(data)) + data + b"\0" * (-len(data) % 4)


def _binary(name: int, data: bytes, kind: int = 0x0102) -> bytes:
    return struct.pack("<HHLL", kind, name, 1, len(data)) + data + b"\0" * (-len(data) % 4)


def _properties(*found: bytes) -> bytes:
    return struct.pack("<L", len(found)) + b"".join(found)


def winmail(
    *files: tuple[str, bytes], text: str = "", html: str = "", rtf: str = "", message: bytes = b""
) -> bytes:
    """A winmail.dat with these files and words; `message` is another one, attached as a message."""
    properties = [
        *([struct.pack("<HHL", 0x0003, 0x3FDE, 65_001)]),
        *([_string(0x1000, text)] if text else []),
        *([_binary(0x1013, html.encode())] if html else []),
        *([_binary(0x1009, compressed_rtf.compress(rtf.encode()))] if rtf else []),
    ]
    made = struct.pack("<LH", 0x223E9F78, 1)
    made += _attribute(MESSAGE, 0x9006, 8, struct.pack("<L", 0x10000))
    made += _attribute(MESSAGE, 0x9007, 6, struct.pack("<LL", 1252, 0))
    made += _attribute(MESSAGE, 0x9003, 6, _properties(*properties))
    for name, content in files:
        made += _attribute(ATTACHMENT, 0x9002, 6, b"\0" * 14)
        made += _attribute(ATTACHMENT, 0x8010, 1, name.encode("cp1252", "replace")[:8] + b"\0")
        made += _attribute(ATTACHMENT, 0x800F, 6, content)
        made += _attribute(ATTACHMENT, 0x9005, 6, _properties(_string(0x3707, name)))
    if message:
        made += _attribute(ATTACHMENT, 0x9002, 6, b"\0" * 14)
        inner = _properties(_string(0x3001, "Réponse du labo"), _binary(0x3701, _GUID + message, 0x000D))
        made += _attribute(ATTACHMENT, 0x9005, 6, inner)
    return made
