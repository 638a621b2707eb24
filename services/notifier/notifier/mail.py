"""An e-mail as we write them, and what is asked of who takes it."""

from base64 import encodebytes
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.utils import format_datetime, formataddr
from hashlib import sha256
from typing import Protocol

from chassis.telemetry import current_traceparent
from chassis.telemetry.trace import MAIL_HEADER
from notifier.errors import AddressUnusable


@dataclass(frozen=True, kw_only=True)
class Mail:
    """An e-mail to one person. `envelope_sender` gets the bounces; it and `message_id` never change.

    `urgent`: somebody is waiting for it, whom two copies serve better than a long wait for the relay's word.
    """

    sender: Address
    recipient: Address = field(repr=False)
    envelope_sender: str
    message_id: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    written_at: datetime
    urgent: bool = False

    def as_bytes(self) -> bytes:
        """The message in 7-bit lines ending in CRLF (RFC 5322), saying that nobody wrote it (RFC 3834)."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self._fields())
        return head.encode("ascii") + (_text("plain", self.text) if self.html is None else self._alternative())

    def _fields(self) -> Iterator[tuple[str, str]]:
        yield "From", _mailbox(self.sender)
        yield "To", _mailbox(self.recipient)
        yield "Subject", _words(self.subject)
        yield "Date", format_datetime(self.written_at)
        yield "Message-ID", self.message_id
        yield "Auto-Submitted", "auto-generated"
        yield "X-Auto-Response-Suppress", "All"
        if traceparent := current_traceparent():
            yield MAIL_HEADER, traceparent
        yield "MIME-Version", "1.0"

    def _alternative(self) -> bytes:
        """Both bodies. Base64 has no line like the boundary."""
        boundary = b"=_" + sha256(self.message_id.encode()).hexdigest()[:32].encode()
        bodies = (_text("plain", self.text), _text("html", self.html or ""))
        parts = b"".join(b"--%s\r\n%s" % (boundary, body) for body in bodies)
        return b'Content-Type: multipart/alternative; boundary="%s"\r\n\r\n%s--%s--\r\n' % (
            boundary,
            parts,
            boundary,
        )


class Mailer(Protocol):
    """Who takes our e-mails."""

    async def send(self, mail: Mail) -> None:
        """Return once the e-mail is the relay's to deliver.

        Raises `NoticeRefused` (for good; `AddressRefused` where the address is at fault), `NoticeDelayed` (for
        now), `NoticeUnanswered` (it may have been taken) or `BackingServiceAway` (it was not).
        """
        ...


def _mailbox(address: Address) -> str:
    name = address.display_name
    return formataddr((name, address.addr_spec)) if name.isascii() else f"{_words(name)}\r\n <{address.addr_spec}>"


def _words(text: str) -> str:
    """A field's text on lines of its own length, encoded where it isn't ASCII (RFC 2047)."""
    line = _one_line(text)
    return Header(line, None if line.isascii() else "utf-8", maxlinelen=70).encode(linesep="\r\n")


def _text(subtype: str, text: str) -> bytes:
    lines = encodebytes(text.replace("\r\n", "\n").replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n")
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head.encode() + lines


def address_of(name: str, spec: str) -> Address:
    """A mail address with the person's name. Raises `AddressUnusable` for what no relay would take."""
    try:
        address = Address(_one_line(name), addr_spec=spec)
    except (ValueError, IndexError, HeaderParseError) as error:
        raise AddressUnusable(type(error).__name__) from None
    if not spec.isascii() or not address.username or not address.domain:
        raise AddressUnusable("not of the form name@domain in ASCII")
    return address


def _one_line(text: str) -> str:
    """A name fit for a header: control characters and runs of blanks become one blank."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
