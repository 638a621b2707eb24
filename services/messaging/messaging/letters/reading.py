"""From raw bytes to a `Letter`. Never fails: what cannot be read in full is said to be incomplete."""

import re
from email import message_from_bytes
from email.message import Message

from msgspec.structs import replace

from messaging.domain.identifiers import derived_id
from messaging.domain.letter import Letter, Part
from messaging.domain.signatures import Signature
from messaging.letters.automatic import is_auto_reply
from messaging.letters.calendars import distinct
from messaging.letters.content import raw_text
from messaging.letters.found import LONGEST_TEXT, Body, File, Found
from messaging.letters.headers import decoded, field, fields, mailers, message_ids
from messaging.letters.html import as_html, is_too_deep, sanitised
from messaging.letters.html_text import text_in
from messaging.letters.parts import walk
from messaging.letters.policy import BOUNDED
from messaging.letters.runs import parsed
from messaging.letters.senders import MOST_HEADER_BYTES, header_end, sender_in
from messaging.letters.versions import says_more

_NOTHING = re.compile(r"</?(?!img\b[^<>]*\bsrc=)[a-z][^<>]*>|<!doctype[^<>\[]*>|&nbsp;|\s", re.IGNORECASE)
"""What HTML may consist of and still say nothing."""
_NO_ADDRESS = "<>,; "
LONGEST_ADDRESS = 320
"""Characters that are kept of what is no address."""


def read_letter(raw: bytes, letter_id: str) -> Letter:
    """The letter in these bytes. The ids of its parts follow from `letter_id` and their order."""
    try:
        return read_whole(raw, letter_id)
    except Exception:  # whatever a sender sends: the letter is shown, with its original to download
        return bare_letter(raw)


def read_whole(raw: bytes, letter_id: str) -> Letter:
    """The letter, without the net that `read_letter` has below it. Raises `Tangled`; anything else is a fault."""
    message = parsed(raw)
    found = walk(message, Found())
    letter = _from_headers(message, raw)
    parts, pictures = _parts(found, letter_id)
    words = [_words(body, pictures) for body in found.bodies]
    html = _html(words)
    shown = {picture for picture in pictures.values() if html and f'"cid:{picture}"' in html}
    text = "\n\n".join(one.text.strip("\n") for one in words if one.text.strip())[:LONGEST_TEXT]
    is_bare = not (text or html or parts or found.invitations)
    return replace(
        letter,
        text=text,
        html=html,
        text_differs=any(one.differs for one in words),
        parts=tuple(_part(part, shown) for part in parts),
        invitations=distinct(found.invitations),
        signature=found.signature or _signature(message, raw),
        incomplete=found.incomplete or any(map(_is_lost, found.bodies, words)) or (is_bare and found.vanished),
    )


def _signature(message: "Message[str, str]", raw: bytes) -> Signature | None:
    if message.get_content_type() != "multipart/signed":
        return None
    from messaging.letters.signatures import detached  # few letters are signed: a third of a second for those

    return detached(message, raw)


def _words(body: Body, pictures: dict[str, str]) -> Body:
    """A body as it can be shown: its HTML sanitised, and left out where it says nothing."""
    if not body.html or is_too_deep(body.html):
        return Body(text=body.text)
    html = sanitised(body.html, pictures)
    words = text_in(html, 2 * LONGEST_TEXT)
    if not words and "<img" not in html:
        return Body(text=body.text)
    if not body.text.strip():
        return Body(text=words[:LONGEST_TEXT].rstrip(), html=html)
    return Body(text=body.text, html=html, differs=says_more(body.text, words))


def _is_lost(body: Body, shown: Body) -> bool:
    """Whether a body's HTML says something that is neither shown nor told: too deep, or all from outside."""
    if is_too_deep(body.html):
        return True
    return _says(body.html) and not _says(shown.html) and not shown.text.strip()


def _says(html: str) -> bool:
    return bool(_NOTHING.sub("", html))


def _html(words: list[Body]) -> str | None:
    """The letter as one HTML text, plain words among it as paragraphs; None when all of it is plain."""
    if not any(one.html for one in words):
        return None
    return "<hr>".join(one.html or as_html(one.text) for one in words if one.html or one.text.strip())


def bare_letter(raw: bytes) -> Letter:
    """A letter whose MIME makes no sense: its headers if they can be read, and its body as it is if it's text."""
    end = header_end(raw)
    head, body = (raw[:end], raw[end:]) if end >= 0 else (raw, b"")
    try:
        letter = _from_headers(message_from_bytes(head[:MOST_HEADER_BYTES], policy=BOUNDED), head)
    except Exception:
        letter = Letter(sender=None)
    return replace(letter, text=raw_text(body), incomplete=True)


def _from_headers(message: "Message[str, str]", raw: bytes) -> Letter:
    end = header_end(raw)
    block = raw[: end if 0 <= end <= MOST_HEADER_BYTES else MOST_HEADER_BYTES]
    return Letter(
        sender=sender_in(block),
        recipients=tuple(mailers([*fields(message, "to"), *fields(message, "cc")])),
        reply_to=_reply_to(message),
        subject=decoded(field(message, "subject")),
        message_id=next(iter(message_ids(fields(message, "message-id"))), ""),
        references=message_ids([*fields(message, "references"), *fields(message, "in-reply-to")]),
        end_header=field(message, "x-mss-mes") == "FIN",
        auto_reply=is_auto_reply(message),
        receipt_to=_receipt_to(message),
        organisation=decoded(field(message, "organization") or field(message, "organisation")),
    )


def _receipt_to(message: "Message[str, str]") -> str | None:
    """The one address that a receipt is asked for; with several nobody gets one."""
    found = mailers(fields(message, "disposition-notification-to"))
    return found[0].address if len(found) == 1 else None


def _reply_to(message: "Message[str, str]") -> tuple[str, ...]:
    """Every address that answers are asked for at; where there is none, what is written instead of one."""
    said = [value for value in fields(message, "reply-to") if value.strip(_NO_ADDRESS)]
    return tuple(mailer.address for mailer in mailers(said)) or tuple(
        value[:LONGEST_ADDRESS] for value in said[:1]
    )


def _parts(found: Found, letter_id: str) -> tuple[list[Part], dict[str, str]]:
    """The files as parts with ids, and the pictures among them by Content-ID."""
    numbered = [(derived_id(letter_id, "part", str(number)), file) for number, file in enumerate(found.files)]
    pictures: dict[str, str] = {}
    for part_id, file in numbered:
        if file.content_id:
            pictures.setdefault(file.content_id, part_id)
    ids = [part_id for part_id, _ in numbered]
    return [_as_part(part_id, file, ids) for part_id, file in numbered], pictures


def _as_part(part_id: str, file: File, ids: list[str]) -> Part:
    return Part(
        id=part_id,
        filename=file.name,
        media_type=file.media_type,
        content=file.content,
        content_id=file.content_id or None,
        inside=None if file.inside is None else ids[file.inside],
        reads=file.reads,
        patient_ids=file.patient_ids,
    )


def _part(part: Part, shown: set[str]) -> Part:
    """A picture counts as one inside the HTML only if the HTML shows it."""
    if part.content_id is None or part.id in shown:
        return part
    return replace(part, content_id=None)
