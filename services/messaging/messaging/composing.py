"""A reply as one MIME message, in blocks: the same bytes however often it is composed.

Multipart/alternative text and HTML in UTF-8, attachments named by RFC 2231, threaded by RFC 5322 §3.6.4.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from msgspec import Struct

from messaging.domain.model import Attachment, Message, Party

LINE = 57 * 512
"""Bytes encoded at once: whole base64 lines of 76 characters."""
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


async def compose(reply: Message, sender: Sender, product: str, bytes_of: Bytes) -> AsyncIterator[bytes]:
    """The reply's bytes. `bytes_of` gives those of an attachment, one attachment at a time."""
    boundary = f"pli-{reply.id}"
    yield _headers(reply, sender, product)
    if not reply.attachments:
        yield _alternative(reply)
        return
    yield f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n--{boundary}\r\n'.encode()
    yield _alternative(reply)
    for attachment in reply.attachments:
        yield f"\r\n--{boundary}\r\n".encode() + _part_headers(attachment)
        async for block in _base64(bytes_of(attachment)):
            yield block
    yield f"\r\n--{boundary}--\r\n".encode()


def _headers(reply: Message, sender: Sender, product: str) -> bytes:
    fields = [
        ("From", _mailbox(sender.party)),
        ("To", ",\r\n ".join(_mailbox(party) for party in reply.recipients)),
        ("Subject", _words(f"Re: {reply.subject}".strip() if reply.references else reply.subject)),
        ("Date", format_datetime(reply.at)),
        ("Message-ID", reply.message_id),
        *_threading(reply),
        ("X-MSS-INS", "O"),
        ("X-MSS-NIL", _words(product)),
        *([("X-Pli-Trace", reply.traceparent)] if reply.traceparent else []),
        ("MIME-Version", "1.0"),
    ]
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("ascii", "replace")


def _threading(reply: Message) -> Iterator[tuple[str, str]]:
    if reply.references:
        yield "In-Reply-To", reply.references[-1]
        yield "References", "\r\n ".join(reply.references)


def _mailbox(party: Party) -> str:
    return f"{_phrase(party.name)}\r\n <{party.address}>"


def _phrase(name: str) -> str:
    """A display name: quoted when it is ASCII, else encoded words."""
    if name.isascii():
        quoted = name.replace("\\", "").replace('"', "'")
        return f'"{quoted}"'
    return _words(name)


def _words(text: str) -> str:
    """Unstructured text as RFC 2047 wants it, folded."""
    if text.isascii() and len(text) <= 60:
        return text
    return Header(text, "utf-8", maxlinelen=70).encode(linesep="\r\n")


def _alternative(reply: Message) -> bytes:
    body = EmailMessage(policy=SMTP)
    body.set_content(reply.text or "\n", cte="quoted-printable")
    body.add_alternative(as_html(reply.text), subtype="html", cte="quoted-printable")
    body.set_boundary(f"pli-{reply.id}-text")
    del body["MIME-Version"]
    return body.as_bytes()


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
    plain = name.isascii() and '"' not in name and "\\" not in name and len(name) <= 60
    filename = f'filename="{name}"' if plain else _continued(name)
    return (
        f"Content-Type: {attachment.media_type}\r\n"
        f"Content-Disposition: attachment;\r\n {filename}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode("ascii")


def _continued(name: str) -> str:
    """A long or accented name in pieces (RFC 2231 §4.1), no percent code cut in two."""
    encoded = quote(name, safe="")
    pieces, rest = [], encoded
    while rest:
        cut = 50
        while cut < len(rest) and "%" in rest[cut - 2 : cut]:
            cut -= 1
        pieces.append(rest[:cut])
        rest = rest[cut:]
    if len(pieces) == 1:
        return f"filename*=UTF-8''{encoded}"
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
