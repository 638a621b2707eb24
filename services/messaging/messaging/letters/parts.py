"""A letter's MIME tree, walked without trust: what is its words, and which parts are files."""

from typing import NamedTuple

from chassis.formats import media_type_of
from messaging.letters.content import (
    Mime,
    bytes_of,
    children,
    is_blank,
    nested_message,
    plain_text_in,
    raw_text,
    text_in,
)
from messaging.letters.filenames import given_name, safe_name
from messaging.letters.found import LONGEST_HTML, MOST_PARTS, Body, Fate, File, Found
from messaging.letters.headers import decoded
from messaging.letters.headers import field as header
from messaging.letters.inside import keep
from messaging.letters.kinds import INLINE_PICTURES, extension_of
from messaging.letters.runs import Tangled, parsed
from messaging.letters.structured import Reads
from messaging.letters.unpacking import is_winmail, unpack

DEEPEST = 60
DEEPEST_MESSAGES = 3
"""Messages within messages whose files are taken out: each level holds all that are below it."""
OPAQUE = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
LONGEST_CONTENT_ID = 250


class Place(NamedTuple):
    """How deep a part lies, the number of the file that it is in, None for the letter's own parts, and in how
    many attached messages, one within the other."""

    depth: int = 0
    inside: int | None = None
    messages: int = 0

    @property
    def below(self) -> "Place":
        """One level deeper."""
        return Place(self.depth + 1, self.inside, self.messages)

    def within(self, number: int) -> "Place":
        """In the attached message that is file `number`."""
        return Place(self.depth + 1, number, self.messages + 1)


def walk(message: "Mime[str, str]", found: Found, place: Place | None = None) -> Found:
    """Fill `found` with the parts of a message, in their order; of one inside a file only its files."""
    place = place or Place()
    found.seen += 1
    if found.seen > MOST_PARTS or place.depth > DEEPEST:
        found.incomplete = True
    elif message.is_multipart() and message.get_content_maintype() == "multipart":
        _multipart(message, found, place.below)
    else:
        _leaf(message, found, place)
    return found


def _multipart(message: "Mime[str, str]", found: Found, place: Place) -> None:
    before = len(found.bodies)
    for part in children(message):
        walk(part, found, place)
    if message.get_content_subtype() == "alternative":
        found.bodies[before:] = _one_body(found.bodies[before:], found)
    found.incomplete |= any("Boundary" in type(defect).__name__ for defect in message.defects)


def _one_body(versions: list[Body], found: Found) -> list[Body]:
    """Versions of the same words: their HTML, with the plain text for where HTML can't be."""
    if len(versions) < 2:
        return versions
    rich = [body.html for body in versions if body.html]
    plain = dict.fromkeys(body.text for body in versions if body.text.strip())
    size = sum(body.size for body in versions)
    if rich:
        found.is_other_version(size)
    return [Body(text="\n\n".join(plain), html="<hr>".join(rich), size=0 if rich else size)]


def _leaf(part: "Mime[str, str]", found: Found, place: Place) -> None:
    disposition, content_type = header(part, "content-disposition"), header(part, "content-type")
    name = given_name(disposition, content_type)
    label = part.get_content_type()
    attached = disposition.lower().startswith("attachment") or bool(name)
    if part.get_content_maintype() == "multipart":
        _broken_multipart(part, found, place)
    elif label in ("text/plain", "text/html") and not attached:
        _words(part, label, found, place)
    else:
        _file(part, name, found, place)


def _broken_multipart(part: "Mime[str, str]", found: Found, place: Place) -> None:
    """A multipart without parts: its boundary is missing or never found."""
    found.incomplete = True
    if place.inside is None:
        content = bytes_of(part)
        found.counts(Fate.CUT, len(content))
        found.bodies.append(Body(text=found.add_text(raw_text(content))))


def _words(part: "Mime[str, str]", label: str, found: Found, place: Place) -> None:
    """Words of the letter; those of a nested message are read with it."""
    if place.inside is not None:
        return
    content = bytes_of(part)
    found.counts(Fate.SHOWN, len(content))
    if label == "text/html":
        found.bodies.append(Body(html=found.add_html(text_in(part, content, LONGEST_HTML))))
    else:
        text = plain_text_in(part, content)
        found.vanished |= not text.strip() and not is_blank(part)
        found.bodies.append(Body(text=found.add_text(text), size=len(content)))


def _file(part: "Mime[str, str]", name: str, found: Found, place: Place) -> None:
    label = part.get_content_type()
    nested = part.get_content_maintype() == "message" and part.is_multipart()
    content = nested_message(part) if nested else bytes_of(part)
    if not content and not name:
        found.incomplete |= nested  # one so deep that it cannot be written out again
        found.vanished |= not is_blank(part)
        return
    if place.inside is not None and not found.has_room_inside(len(content)):
        return
    if is_winmail(content, label) and unpack(content, found, place.inside):
        return
    if label in OPAQUE and _signed(content, found, place):
        return
    media_type = "message/rfc822" if nested and label == "message/rfc822" else media_type_of(content, label)
    number = keep(
        File(
            name=_safe_name(part, name, media_type, len(found.files) + 1),
            media_type=media_type,
            content=content,
            content_id=_content_id(part) if media_type in INLINE_PICTURES and place.inside is None else "",
            inside=place.inside,
            reads=Reads.MESSAGE if media_type == "message/rfc822" else None,
        ),
        found,
    )
    if place.inside is None:
        found.counts(Fate.CUT if number is None else Fate.FILE, len(content))
    if number is not None and nested and place.messages < DEEPEST_MESSAGES:
        _walk_nested(part, content, found, place.within(number))


def _walk_nested(part: "Mime[str, str]", content: bytes, found: Found, place: Place) -> None:
    """The files of an attached message; one that was encoded is only now a message."""
    if header(part, "content-transfer-encoding").lower() in ("base64", "quoted-printable"):
        _walk_bytes(content, found, place)
        return
    for message in children(part):
        walk(message, found, place)


def _signed(content: bytes, found: Found, place: Place) -> bool:
    """Walk what an opaque signature encloses. False when it encloses nothing readable: then it is a file."""
    from messaging.letters.signatures import opaque  # few letters are signed: a third of a second for those

    opened = opaque(content)
    if opened is None or not _walk_bytes(opened[0], found, place.below):
        return False
    found.signature = found.signature or opened[1]
    found.counts(Fate.WRAPPER, len(content))
    return True


def _walk_bytes(content: bytes, found: Found, place: Place) -> bool:
    """Walk a message that is only now one. False when parsing it might take minutes."""
    try:
        message = parsed(content)
    except Tangled:
        return False
    walk(message, found, place)
    return True


def _content_id(part: "Mime[str, str]") -> str:
    found = header(part, "content-id").strip("<> ")
    return found if len(found) <= LONGEST_CONTENT_ID else ""


def _safe_name(part: "Mime[str, str]", name: str, media_type: str, number: int) -> str:
    """The given name, else one that says what it is: a nested message's subject, an invitation."""
    if not name and media_type == "text/calendar":
        name = "Invitation.ics"
    return safe_name(name or _subject_of(part), number, extension_of(media_type))


def _subject_of(part: "Mime[str, str]") -> str:
    if part.get_content_maintype() != "message" or not part.is_multipart():
        return ""
    subject = next((decoded(header(child, "subject")) for child in children(part)), "")
    return f"{subject[:120]}.eml".replace("/", "-") if subject else ""
