"""Reports that we send: read receipts (RFC 8098), and the shape that all reports share (RFC 6522)."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime

from msgspec import Struct

from messaging.composing import Letterhead, Sender, header_block, mailbox, threading, words
from messaging.domain.model import Message, Party
from messaging.signing import BodyHash

WORDS = (
    "Votre message a été affiché par {name} le {date}.\n\n"
    "Cela ne garantit pas que son contenu a été lu ou compris.\n"
)
BASE64 = "Content-Transfer-Encoding: base64\r\n"


class Told(Struct, frozen=True, kw_only=True):
    """What a report tells: in words, and in `fields` of `media_type`, ASCII; an empty one parts their groups.

    `about` are the Message-IDs it answers, `header` the header block of the letter it is about, if it comes along.
    """

    kind: str
    media_type: str
    subject: str
    text: str
    fields: Sequence[str]
    about: Sequence[str] = ()
    marks: Sequence[tuple[str, str]] = ()
    header: bytes = b""


def compose_receipt(
    letter: Message, asked: Party, sender: Sender, letterhead: Letterhead, *, receipt_id: str, at: datetime
) -> bytes:
    """The receipt of a letter that was first shown at `at`, to who asked for it. The same bytes each time."""
    named = letter.message_id if letter.message_id.isascii() else ""
    fields = [
        f"Reporting-UA: {sender.address.rpartition('@')[2]}; {_plain(letterhead.product)}",
        f"Final-Recipient: rfc822;{sender.address}",
        *([f"Original-Message-ID: {named}"] if named else []),
        "Disposition: automatic-action/MDN-sent-automatically; displayed",
    ]
    told = Told(
        kind="disposition-notification",
        media_type="message/disposition-notification",
        subject=f"Lu : {letter.subject}".strip(),
        text=WORDS.format(name=sender.party.name, date=at.strftime("%d/%m/%Y à %H:%M UTC")),
        fields=fields,
        about=[letter.message_id] if letter.message_id else [],
        marks=[("X-MSS-INS", "O"), ("X-MSS-NIL", words(letterhead.product))],
    )
    return compose_report(told, sender.party, asked, letterhead, report_id=receipt_id, at=at)


def compose_report(
    told: Told, sender: Party, to: Party, letterhead: Letterhead, *, report_id: str, at: datetime
) -> bytes:
    """A report as it leaves, signed if the house signs."""
    boundary = f"pli-{report_id}"
    head = header_block(
        [
            ("From", mailbox(sender)),
            ("To", mailbox(to)),
            ("Subject", words(told.subject)),
            ("Date", format_datetime(at)),
            ("Message-ID", f"<{report_id}@{sender.address.rpartition('@')[2]}>"),
            *threading(told.about),
            ("Auto-Submitted", "auto-replied"),
            *told.marks,
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/report;\r\n report-type={told.kind};\r\n boundary="{boundary}"'),
        ]
    )
    body = _body(told, boundary)
    signature = b""
    if letterhead.seal:
        digest = BodyHash()
        digest.feed(body)
        signature = letterhead.seal.field(head, digest, at)
    return signature + head + b"\r\n" + body


def _body(told: Told, boundary: str) -> bytes:
    parts = [
        f"Content-Type: text/plain; charset=utf-8\r\n{BASE64}\r\n{_base64(told.text)}\r\n",
        f"Content-Type: {told.media_type}\r\n\r\n" + "".join(f"{field}\r\n" for field in told.fields) + "\r\n",
    ]
    if told.header:
        parts.append(f"Content-Type: text/rfc822-headers\r\n{BASE64}\r\n{_base64_of(told.header)}\r\n")
    return ("".join(f"--{boundary}\r\n{part}" for part in parts) + f"--{boundary}--\r\n").encode("ascii")


def _plain(product: str) -> str:
    return product.encode("ascii", "replace").decode().replace("\r", " ").replace("\n", " ")


def _base64(said: str) -> str:
    return _base64_of(said.replace("\n", "\r\n").encode())


def _base64_of(content: bytes) -> str:
    text = b64encode(content).decode()
    return "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))
