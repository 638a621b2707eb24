"""A reply as one MIME message, in blocks: the same bytes however often it is composed.

Multipart/alternative text and HTML in UTF-8, attachments named by RFC 2231, threaded by RFC 5322 §3.6.4.
"""

import re
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from msgspec import Struct

from messaging.domain.model import Attachment, Message, Party
from messaging.signing import BodyHash, Seal

LONGEST_ID = 900
"""A Message-ID that would not fit into a line is not referred to."""
LONGEST_PIECE = 50
LINE = 57 * 512
"""Bytes encoded at once: whole base64 lines of 76 characters."""
_PLAIN = re.compile(r"[!-~](?:[ -~]{0,58}[!-~])?|")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_QUOTABLE = re.compile(r"[!#-\[\]-~](?:[ !#-\[\]-~]{0,58}[!#-\[\]-~])?")
Bytes = Callable[[Attachment], AsyncIterator[bytes]]


class Sender(Struct, frozen=True):
    """The patient as the header names them: `"Inaya MICHEL" <INS@domain>`."""

    given_name: str
    family_name: str
    address: str

    @property
    def party(self) -> Party:
        """Given name, and family name in capitals."""
        return Party(name=f"{self.given_name} {self.family_name.upper()}", address=self.address)


class Letterhead(Struct, frozen=True, kw_only=True):
    """What every reply has in common: the product, who signs it, and whether receipts are asked for."""

    product: str
    seal: Seal | None = None
    asks_for_receipts: bool = True


async def compose(reply: Message, sender: Sender, letterhead: Letterhead, bytes_of: Bytes) -> AsyncIterator[bytes]:
    """The reply's bytes. `bytes_of` gives those of one attachment after the other, twice if it is signed."""
    head = _head(reply, sender, letterhead)
    if letterhead.seal:
        body = BodyHash()
        async for block in _body(reply, bytes_of):
            body.feed(block)
        yield letterhead.seal.field(head, body, reply.at)
    yield head + b"\r\n"
    async for block in _body(reply, bytes_of):
        yield block


def _head(reply: Message, sender: Sender, letterhead: Letterhead) -> bytes:
    inner = "mixed" if reply.attachments else "alternative"
    return header_block(
        [
            ("From", mailbox(sender.party)),
            ("To", ",\r\n ".join(mailbox(party) for party in reply.recipients)),
            ("Subject", words(f"Re: {reply.subject}".strip() if reply.references else reply.subject)),
            ("Date", format_datetime(reply.at)),
            ("Message-ID", reply.message_id),
            *threading(reply.references),
            *([("Disposition-Notification-To", mailbox(sender.party))] if letterhead.asks_for_receipts else []),
            ("X-MSS-INS", "O"),
            ("X-MSS-NIL", words(letterhead.product)),
            *([("X-Pli-Trace", reply.traceparent)] if reply.traceparent else []),
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/{inner};\r\n boundary="{_boundary(reply, inner)}"'),
        ]
    )


def _boundary(reply: Message, inner: str) -> str:
    return f"pli-{reply.id}-{inner}"


async def _body(reply: Message, bytes_of: Bytes) -> AsyncIterator[bytes]:
    alternative = _alternative(reply)
    if not reply.attachments:
        yield alternative
        return
    boundary = _boundary(reply, "mixed")
    inner = f'Content-Type: multipart/alternative;\r\n boundary="{_boundary(reply, "alternative")}"\r\n\r\n'
    yield f"--{boundary}\r\n{inner}".encode() + alternative
    for attachment in reply.attachments:
        yield f"\r\n--{boundary}\r\n".encode() + _part_headers(attachment)
        async for block in _base64(bytes_of(attachment)):
            yield block
    yield f"\r\n--{boundary}--\r\n".encode()


def header_block(fields: Sequence[tuple[str, str]]) -> bytes:
    """Header fields, folded already; all ASCII."""
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("ascii")


def threading(references: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What it answers, and all that came before (RFC 5322 §3.6.4)."""
    known = [one for one in references if one.isascii() and len(one) < LONGEST_ID]
    if known:
        yield "In-Reply-To", known[-1]
        yield "References", "\r\n ".join(known)


def mailbox(party: Party) -> str:
    """Name and address. An address in other letters than ASCII is only in the envelope (RFC 6857 §3.1.5)."""
    if not party.address.isascii():
        return f"{words(party.name, always=True)} :;"
    return f"{_phrase(party.name)}\r\n <{party.address}>"


def _phrase(name: str) -> str:
    """A display name: quoted when it is short and plain, else encoded words."""
    return f'"{name}"' if _QUOTABLE.fullmatch(name) and "=?" not in name else words(name, always=True)


def words(text: str, *, always: bool = False) -> str:
    """Text as RFC 2047 wants it, folded: in encoded words unless it is short and plain ASCII."""
    if _PLAIN.fullmatch(text) and "=?" not in text and not always:
        return text
    return Header(_BREAKS.sub(" ", text), "utf-8", maxlinelen=70).encode(linesep="\r\n")


def _alternative(reply: Message) -> bytes:
    """Text and HTML, up to the closing boundary."""
    body = EmailMessage(policy=SMTP)
    body.set_content(reply.text or "\n", cte="quoted-printable")
    body.add_alternative(as_html(reply.text), subtype="html", cte="quoted-printable")
    body.set_boundary(_boundary(reply, "alternative"))
    return body.as_bytes().partition(b"\r\n\r\n")[2]


def as_html(text: str) -> str:
    """The patient's text as HTML: paragraphs and line breaks, nothing else."""
    paragraphs = "".join(f"<p>{_lines(paragraph)}</p>\n" for paragraph in _paragraphs(text))
    head = '<html lang="fr"><head><meta charset="utf-8"></head>'
    return f"<!DOCTYPE html>\n{head}<body>\n{paragraphs}</body></html>\n"


def _paragraphs(text: str) -> Iterable[str]:
    return (part.strip("\n") for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())


def _lines(paragraph: str) -> str:
    return "<br>\n".join(escape(line) for line in paragraph.split("\n"))


def _part_headers(attachment: Attachment) -> bytes:
    """RFC 2231 where the name isn't plain ASCII; the bytes are the name's in UTF-8."""
    name = attachment.filename
    plain = name.isascii() and not set(name) & set('";') and "\\" not in name and len(name) <= 60
    filename = f'filename="{name}"' if plain else _continued(name)
    return (
        f"Content-Type: {attachment.media_type}\r\n"
        f"Content-Disposition: attachment;\r\n {filename}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode("ascii")


def _continued(name: str) -> str:
    """A long or accented name in pieces (RFC 2231 §4.1), no letter cut in two."""
    pieces = [""]
    for letter in name:
        encoded = quote(letter, safe="")
        if len(pieces[-1]) + len(encoded) > LONGEST_PIECE:
            pieces.append("")
        pieces[-1] += encoded
    if len(pieces) == 1:
        return f"filename*=UTF-8''{pieces[0]}"
    first, *others = pieces
    return ";\r\n ".join(
        [f"filename*0*=UTF-8''{first}", *(f"filename*{n}*={piece}" for n, piece in enumerate(others, 1))]
    )


async def _base64(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Base64 in lines of 76 characters, whatever the size of the chunks."""
    kept = b""
    async for chunk in chunks:
        kept += chunk
        whole = len(kept) - len(kept) % LINE
        if whole:
            yield _encoded(kept[:whole])
            kept = kept[whole:]
    if kept:
        yield _encoded(kept)


def _encoded(data: bytes) -> bytes:
    text = b64encode(data)
    return b"".join(text[start : start + 76] + b"\r\n" for start in range(0, len(text), 76))
