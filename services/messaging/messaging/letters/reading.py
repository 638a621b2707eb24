"""From raw bytes to a `Letter`. Never fails: what cannot be read in full is said to be incomplete."""

from email import message_from_bytes
from email.message import Message

from messaging.domain.addresses import is_address
from messaging.domain.identifiers import derived_id
from messaging.domain.letter import Letter, Part
from messaging.letters.automatic import is_auto_reply
from messaging.letters.headers import decoded, field, fields, mailers, message_ids
from messaging.letters.html import is_too_deep, sanitised
from messaging.letters.html_text import text_in
from messaging.letters.parts import LONGEST_TEXT, File, Found, raw_text, walk
from messaging.letters.policy import BOUNDED, is_tangled
from messaging.letters.senders import MOST_HEADER_BYTES, header_end, sender_in


def read_letter(raw: bytes, letter_id: str) -> Letter:
    """The letter in these bytes. The ids of its parts follow from `letter_id` and their order."""
    try:
        return _read(raw, letter_id)
    except Exception:  # whatever a sender sends: the letter is shown, with its original to download
        return bare_letter(raw)


def _read(raw: bytes, letter_id: str) -> Letter:
    if is_tangled(raw):
        return bare_letter(raw)
    message = message_from_bytes(raw, policy=BOUNDED)
    found = walk(message, Found())
    letter = _from_headers(message, raw)
    parts, pictures = _parts(found, letter_id)
    readable = [html for html in found.htmls if not is_too_deep(html)]
    htmls = [sanitised(html, pictures) for html in readable]
    words = [text_in(one, LONGEST_TEXT) for one in htmls]
    html = "<hr>".join(htmls) if any(words) or any("<img" in one for one in htmls) else None
    shown = {picture for picture in pictures.values() if html and f'"cid:{picture}"' in html}
    text = "\n\n".join(one for one in found.texts if one.strip()) or "\n\n".join(words)[:LONGEST_TEXT]
    return Letter(
        sender=letter.sender,
        recipients=letter.recipients,
        reply_to=letter.reply_to,
        subject=letter.subject,
        message_id=letter.message_id,
        references=letter.references,
        end_header=letter.end_header,
        auto_reply=letter.auto_reply,
        receipt_to=letter.receipt_to,
        text=text.strip("\n"),
        html=html,
        parts=tuple(_part(part, shown) for part in parts),
        incomplete=found.incomplete or len(readable) < len(found.htmls),
    )


def bare_letter(raw: bytes) -> Letter:
    """A letter whose MIME makes no sense: its headers if they can be read, and its body as it is if it's text."""
    end = header_end(raw)
    head, body = (raw[:end], raw[end:]) if end >= 0 else (raw, b"")
    try:
        letter = _from_headers(message_from_bytes(head[:MOST_HEADER_BYTES], policy=BOUNDED), head)
    except Exception:
        letter = Letter(sender=None)
    return Letter(
        sender=letter.sender,
        recipients=letter.recipients,
        subject=letter.subject,
        message_id=letter.message_id,
        references=letter.references,
        end_header=letter.end_header,
        auto_reply=letter.auto_reply,
        receipt_to=letter.receipt_to,
        text=raw_text(body),
        incomplete=True,
    )


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
    )


def _receipt_to(message: "Message[str, str]") -> str | None:
    """The one address that a receipt is asked for; with several nobody gets one."""
    found = mailers(fields(message, "disposition-notification-to"))
    return found[0].address if len(found) == 1 else None


def _reply_to(message: "Message[str, str]") -> str | None:
    found = mailers(fields(message, "reply-to"))
    return found[0].address if found and is_address(found[0].address) else None


def _parts(found: Found, letter_id: str) -> tuple[list[Part], dict[str, str]]:
    """The files as parts with ids, and the pictures among them by Content-ID."""
    numbered = [(derived_id(letter_id, "part", str(number)), file) for number, file in enumerate(found.files)]
    pictures: dict[str, str] = {}
    for part_id, file in numbered:
        if file.content_id:
            pictures.setdefault(file.content_id, part_id)
    return [_as_part(part_id, file) for part_id, file in numbered], pictures


def _as_part(part_id: str, file: File) -> Part:
    return Part(
        id=part_id,
        filename=file.name,
        media_type=file.media_type,
        content=file.content,
        content_id=file.content_id or None,
    )


def _part(part: Part, shown: set[str]) -> Part:
    """A picture counts as one inside the HTML only if the HTML shows it."""
    if part.content_id is None or part.id in shown:
        return part
    return Part(id=part.id, filename=part.filename, media_type=part.media_type, content=part.content)
