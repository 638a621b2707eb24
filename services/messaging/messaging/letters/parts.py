"""A letter's MIME tree, walked without trust: what is its text, its HTML, and which parts are files."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import Message

from messaging.letters.charsets import decoded_as
from messaging.letters.filenames import distinct, given_name, safe_name
from messaging.letters.headers import decoded
from messaging.letters.headers import field as header
from messaging.letters.kinds import extension_of, media_type_of

MOST_PARTS = 1_000
DEEPEST = 60
LONGEST_TEXT = 200_000
"""Characters of text that a letter shows, all its parts together."""
LONGEST_HTML = 2_000_000
"""Characters of HTML that a letter shows, all its parts together."""
BYTES_A_CHARACTER = 4
LONGEST_CONTENT_ID = 250
_INLINE_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}

Mime = Message  # the parser's node


@dataclass
class File:
    """A part to keep as a file."""

    name: str
    media_type: str
    content: bytes
    content_id: str = ""
    inline: bool = False


@dataclass
class Found:
    """What a walk has found so far. `incomplete` says that something was left out."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    incomplete: bool = False
    seen: int = 0


def walk(message: "Mime[str, str]", found: Found, depth: int = 0) -> Found:
    """Fill `found` with the parts of a message, in their order."""
    found.seen += 1
    if found.seen > MOST_PARTS or depth > DEEPEST:
        found.incomplete = True
        return found
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for part in children(message):
            walk(part, found, depth + 1)
        found.incomplete |= any("Boundary" in type(defect).__name__ for defect in message.defects)
        return found
    _leaf(message, found)
    return found


def children(message: "Mime[str, str]") -> Iterator["Mime[str, str]"]:
    """The parts of a multipart, or the message inside a message part; nothing for others."""
    payload = message.get_payload()
    if isinstance(payload, list):
        yield from (part for part in payload if isinstance(part, Message))


def _leaf(part: "Mime[str, str]", found: Found) -> None:
    disposition, content_type = header(part, "content-disposition"), header(part, "content-type")
    name = given_name(disposition, content_type)
    label = part.get_content_type()
    attached = disposition.lower().startswith("attachment") or bool(name)
    if part.get_content_maintype() == "multipart":
        # a multipart without parts: its boundary is missing or never found
        _add(found.texts, raw_text(bytes_of(part)), LONGEST_TEXT, found)
        found.incomplete = True
    elif label == "text/plain" and not attached:
        _add_text(part, found)
    elif label == "text/html" and not attached:
        _add(found.htmls, _text_in(part, LONGEST_HTML), LONGEST_HTML, found)
    else:
        _add_file(part, name, label, found)


def _add_text(part: "Mime[str, str]", found: Found) -> None:
    text = _text_in(part, LONGEST_TEXT)
    if _parameter(part, "format").lower() == "flowed":
        text = unflowed(text, delete_space=_parameter(part, "delsp").lower() == "yes")
    _add(found.texts, text, LONGEST_TEXT, found)


def _text_in(part: "Mime[str, str]", longest: int) -> str:
    """A part's text, of which one character more than the longest says that there was more."""
    return readable(bytes_of(part), _charset(part), (longest + 1) * BYTES_A_CHARACTER)


def _add(texts: list[str], text: str, longest: int, found: Found) -> None:
    """Add what there is room for."""
    room = longest - sum(map(len, texts))
    found.incomplete |= len(text) > room
    texts.append(text[:room])


def _add_file(part: "Mime[str, str]", name: str, label: str, found: Found) -> None:
    nested = part.get_content_maintype() == "message" and part.is_multipart()
    content = nested_bytes(part) if nested else bytes_of(part)
    if not content and not name:
        return
    media_type = "message/rfc822" if nested and label == "message/rfc822" else media_type_of(content, label)
    safe = safe_name(name or _subject_of(part, nested), len(found.files) + 1, extension_of(media_type))
    found.files.append(
        File(
            name=distinct(safe, found.names),
            media_type=media_type,
            content=content,
            content_id=_content_id(part) if media_type in _INLINE_PICTURES else "",
        )
    )


def _content_id(part: "Mime[str, str]") -> str:
    found = header(part, "content-id").strip("<> ")
    return found if len(found) <= LONGEST_CONTENT_ID else ""


def _subject_of(part: "Mime[str, str]", nested: bool) -> str:
    """A nested message has its subject for a name."""
    if not nested:
        return ""
    subject = next((decoded(header(child, "subject")) for child in children(part)), "")
    return f"{subject[:120]}.eml".replace("/", "-") if subject else ""


def nested_bytes(part: "Mime[str, str]") -> bytes:
    """A nested message as a file of its own, nothing of it lost."""
    plain = policy.compat32.clone(max_line_length=None)
    chunks = []
    for child in children(part):
        try:
            chunks.append(child.as_bytes(policy=plain))
        except (UnicodeError, LookupError, ValueError, TypeError, AttributeError, RecursionError):
            chunks.append(bytes_of(child))
    return b"\r\n".join(chunks)


def bytes_of(part: "Mime[str, str]") -> bytes:
    """The decoded bytes of a part; where its transfer encoding is broken, what can be had of it."""
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, IndexError, TypeError):
        content = None
    if isinstance(content, bytes):
        return content
    payload = part.get_payload()
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


def _charset(part: "Mime[str, str]") -> str:
    return _parameter(part, "charset").lower()


def _parameter(part: "Mime[str, str]", name: str) -> str:
    try:
        value = part.get_param(name, "")
    except (ValueError, LookupError, TypeError):
        return ""
    return value if isinstance(value, str) else ""


def readable(content: bytes, charset: str, most: int) -> str:
    """The text of the first `most` bytes, with a label that may be wrong, without control characters."""
    return _visible(decoded_as(content, charset, most))


def _visible(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in lines if char in "\n\t" or (char >= " " and char != "\x7f"))


def unflowed(text: str, *, delete_space: bool) -> str:
    """`format=flowed` text with its soft breaks joined (RFC 3676 §4)."""
    lines: list[list[str]] = []
    joins = False
    for raw in text.split("\n"):
        line = raw[1:] if raw.startswith(" ") else raw
        soft = line.endswith(" ") and line != "-- "
        body = line[:-1] if soft and delete_space else line
        if joins and not line.startswith(">") and line != "-- ":
            lines[-1].append(body)
        else:
            lines.append([body])
        joins = soft and not line.startswith(">")
    return "\n".join("".join(pieces) for pieces in lines)


def raw_text(body: bytes) -> str:
    """What can be shown of a body whose MIME makes no sense, when it is text at all."""
    text = decoded_as(body, "", LONGEST_TEXT)
    printable = sum(char.isprintable() or char in "\n\r\t" for char in text[:4_000])
    return _visible(text) if text and printable >= min(len(text), 4_000) * 0.95 else ""
