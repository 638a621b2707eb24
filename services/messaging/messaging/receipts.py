"""The read receipt that we send: a message disposition notification (RFC 8098)."""

from base64 import b64encode
from datetime import datetime
from email.utils import format_datetime

from messaging.composing import Letterhead, Sender, header_block, mailbox, threading, words
from messaging.domain.model import Message, Party
from messaging.signing import BodyHash

WORDS = (
    "Votre message a été affiché par {name} le {date}.\n\n"
    "Cela ne garantit pas que son contenu a été lu ou compris.\n"
)


def compose_receipt(
    letter: Message, asked: Party, sender: Sender, letterhead: Letterhead, *, receipt_id: str, at: datetime
) -> bytes:
    """The receipt of a letter that was first shown at `at`, to who asked for it. The same bytes each time."""
    boundary = f"pli-{receipt_id}"
    domain = sender.address.rpartition("@")[2]
    head = header_block(
        [
            ("From", mailbox(sender.party)),
            ("To", mailbox(asked)),
            ("Subject", words(f"Lu : {letter.subject}".strip())),
            ("Date", format_datetime(at)),
            ("Message-ID", f"<{receipt_id}@{domain}>"),
            *threading([letter.message_id] if letter.message_id else []),
            ("Auto-Submitted", "auto-replied"),
            ("X-MSS-INS", "O"),
            ("X-MSS-NIL", words(letterhead.product)),
            ("MIME-Version", "1.0"),
            (
                "Content-Type",
                f'multipart/report;\r\n report-type=disposition-notification;\r\n boundary="{boundary}"',
            ),
        ]
    )
    body = _body(letter, sender, letterhead.product, boundary, at)
    signature = b""
    if letterhead.seal:
        digest = BodyHash()
        digest.feed(body)
        signature = letterhead.seal.field(head, digest, at)
    return signature + head + b"\r\n" + body


def _body(letter: Message, sender: Sender, product: str, boundary: str, at: datetime) -> bytes:
    said = WORDS.format(name=sender.party.name, date=at.strftime("%d/%m/%Y à %H:%M UTC"))
    named = letter.message_id if letter.message_id.isascii() else ""
    fields = [
        f"Reporting-UA: {sender.address.rpartition('@')[2]}; {_plain(product)}",
        f"Final-Recipient: rfc822;{sender.address}",
        *([f"Original-Message-ID: {named}"] if named else []),
        "Disposition: automatic-action/MDN-sent-automatically; displayed",
    ]
    return (
        f"--{boundary}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
        f"{_base64(said)}\r\n"
        f"--{boundary}\r\n"
        "Content-Type: message/disposition-notification\r\n\r\n"
        + "".join(f"{field}\r\n" for field in fields)
        + f"\r\n--{boundary}--\r\n"
    ).encode("ascii")


def _plain(product: str) -> str:
    return product.encode("ascii", "replace").decode().replace("\r", " ").replace("\n", " ")


def _base64(said: str) -> str:
    text = b64encode(said.replace("\n", "\r\n").encode()).decode()
    return "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))
