"""A letter's MIME tree, walked without trust: what is its words, and which parts are files."""

from typing import NamedTuple

from messaging.letters.content import Mime, bytes_of, children, nested_bytes, plain_text_in, raw_text, text_in
from messaging.letters.filenames import given_name, safe_name
from messaging.letters.found import LONGEST_HTML, MOST_PARTS, Body, Fate, File, Found
from messaging.letters.headers import decoded
from messaging.letters.headers import field as header
from messaging.letters.inside import look_inside
from messaging.letters.kinds import extension_of, media_type_of

DEEPEST = 60
LONGEST_CONTENT_ID = 250
_INLINE_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}


class Place(NamedTuple):
    """How deep a part lies, and the number of the file that it is in, None for the letter's own parts."""

    depth: int = 0
    inside: int | None = None

    @property
    def below(self) -> "Place":
        """One level deeper."""
        return Place(self.depth + 1, self.inside)


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
        found.bodies[before:] = _one_body(found.bodies[before:])
    found.incomplete |= any("Boundary" in type(defect).__name__ for defect in message.defects)


def _one_body(versions: list[Body]) -> list[Body]:
    """Versions of the same words: their HTML, with the plain text for where HTML can't be."""
    if len(versions) < 2:
        return versions
    rich = [body.html for body in versions if body.html]
    plain = dict.fromkeys(body.text for body in versions if body.text.strip())
    return [Body(text="\n\n".join(plain), html="<hr>".join(rich))]


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
        found.bodies.append(Body(text=found.add_text(plain_text_in(part, content))))


def _file(part: "Mime[str, str]", name: str, found: Found, place: Place) -> None:
    label = part.get_content_type()
    nested = part.get_content_maintype() == "message" and part.is_multipart()
    content = nested_bytes(part) if nested else bytes_of(part)
    if not content and not name:
        return
    media_type = "message/rfc822" if nested and label == "message/rfc822" else media_type_of(content, label)
    number = found.add_file(
        File(
            name=safe_name(name or _subject_of(part, nested), len(found.files) + 1, extension_of(media_type)),
            media_type=media_type,
            content=content,
            content_id=_content_id(part) if media_type in _INLINE_PICTURES and place.inside is None else "",
            inside=place.inside,
        )
    )
    if place.inside is None:
        found.counts(Fate.FILE, len(content))
    look_inside(number, found)
    for message in children(part) if nested else ():
        walk(message, found, Place(place.depth + 1, number))


def _content_id(part: "Mime[str, str]") -> str:
    found = header(part, "content-id").strip("<> ")
    return found if len(found) <= LONGEST_CONTENT_ID else ""


def _subject_of(part: "Mime[str, str]", nested: bool) -> str:
    """A nested message has its subject for a name."""
    if not nested:
        return ""
    subject = next((decoded(header(child, "subject")) for child in children(part)), "")
    return f"{subject[:120]}.eml".replace("/", "-") if subject else ""
