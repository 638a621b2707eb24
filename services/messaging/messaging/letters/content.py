"""The bytes of a part, and the text in them, whatever its labels say."""

import re
from collections.abc import Iterator
from email.message import Message

from messaging.letters.charsets import decoded_as
from messaging.letters.found import LONGEST_TEXT
from messaging.letters.policy import VERBATIM

BYTES_A_CHARACTER = 4
_BLANK = "".join(map(chr, range(33))) + "=-"
"""What a part may consist of and hold nothing, however it is encoded."""
LOOKED_AT = 4_096
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=\r\n]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Mime = Message  # the parser's node


def children(message: "Mime[str, str]") -> Iterator["Mime[str, str]"]:
    """The parts of a multipart, or the message inside a message part; nothing for others."""
    payload = message.get_payload()
    if isinstance(payload, list):
        yield from (part for part in payload if isinstance(part, Message))


def nested_bytes(part: "Mime[str, str]") -> bytes:
    """A nested message as a file of its own, nothing of it lost."""
    chunks = []
    for child in children(part):
        try:
            chunks.append(child.as_bytes(policy=VERBATIM))
        except (UnicodeError, LookupError, ValueError, TypeError, AttributeError, RecursionError):
            chunks.append(bytes_of(child))
    return b"\r\n".join(chunks)


def nested_message(part: "Mime[str, str]") -> bytes:
    """An attached message's bytes, also where a sender encoded what RFC 2046 §5.2.1 says not to."""
    content = nested_bytes(part)
    encoding = part.get("content-transfer-encoding", "")
    if str(encoding).strip().lower() not in ("base64", "quoted-printable"):
        return content
    plain: Mime[str, str] = Message()
    plain["Content-Transfer-Encoding"] = str(encoding).strip()
    plain.set_payload(content.strip().decode("ascii", "replace"))
    return bytes_of(plain)


def bytes_of(part: "Mime[str, str]") -> bytes:
    """The decoded bytes of a part; where its transfer encoding is broken, what can be had of it."""
    payload = _as_it_came(part)
    if _is_no_base64(part, payload):
        return payload.encode("utf-8", "surrogateescape")
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, IndexError, TypeError):
        content = None
    return content if isinstance(content, bytes) else payload.encode("utf-8", "surrogateescape")


def _as_it_came(part: "Mime[str, str]") -> str:
    """The payload with its 8-bit bytes as the parser keeps them: asking for it would decode them by the label."""
    payload = part.__dict__.get("_payload")
    return payload if isinstance(payload, str) else ""


def is_blank(part: "Mime[str, str]") -> bool:
    """Whether a part came without anything in it, before any decoding."""
    return not _as_it_came(part).strip(_BLANK)


def _is_no_base64(part: "Mime[str, str]", payload: str) -> bool:
    """Whether what is called base64 is something else: decoding would leave nothing, or noise, of its words."""
    if str(part.get("content-transfer-encoding", "")).strip().lower() != "base64":
        return False
    sample = payload[:LOOKED_AT]
    return len(_NOT_BASE64.findall(sample)) * 10 > len(sample)


def parameter(part: "Mime[str, str]", name: str) -> str:
    """A parameter of `Content-Type`; empty when there is none that can be read."""
    try:
        value = part.get_param(name, "")
    except (ValueError, LookupError, TypeError):
        return ""
    return value if isinstance(value, str) else ""


def text_in(part: "Mime[str, str]", content: bytes, longest: int) -> str:
    """A part's text, of which one character more than the longest says that there was more."""
    return readable(content, parameter(part, "charset").lower(), (longest + 1) * BYTES_A_CHARACTER)


def plain_text_in(part: "Mime[str, str]", content: bytes) -> str:
    """The text of a `text/plain` part, its soft line breaks joined."""
    text = text_in(part, content, LONGEST_TEXT)
    if parameter(part, "format").lower() == "flowed":
        return unflowed(text, delete_space=parameter(part, "delsp").lower() == "yes")
    return text


def readable(content: bytes, charset: str, most: int) -> str:
    """The text of the first `most` bytes, with a label that may be wrong, without control characters."""
    return _visible(decoded_as(content, charset, most))


def _visible(text: str) -> str:
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def unflowed(text: str, *, delete_space: bool) -> str:
    """`format=flowed` text with its soft breaks joined within one depth of quoting (RFC 3676 §4)."""
    lines: list[tuple[int, list[str]]] = []
    joins = False
    for raw in text.split("\n"):
        depth = len(raw) - len(raw.lstrip(">"))
        line = raw[depth:].removeprefix(" ")
        soft = line.endswith(" ") and line != "-- "
        body = line[:-1] if soft and delete_space else line
        if joins and line != "-- " and lines[-1][0] == depth:
            lines[-1][1].append(body)
        else:
            lines.append((depth, [body]))
        joins = soft
    return "\n".join(_quoted(depth, "".join(pieces)) for depth, pieces in lines)


def _quoted(depth: int, line: str) -> str:
    return f"{'>' * depth} {line}" if depth else line


def raw_text(body: bytes) -> str:
    """What can be shown of a body whose MIME makes no sense, when it is text at all."""
    text = decoded_as(body, "", LONGEST_TEXT)
    printable = sum(char.isprintable() or char in "\n\r\t" for char in text[:4_000])
    return _visible(text) if text and printable >= min(len(text), 4_000) * 0.95 else ""
