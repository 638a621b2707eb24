"""An e-mail as we write them, and what is asked of who takes it."""

from dataclasses import dataclass, field
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol

from chassis.telemetry import current_traceparent
from chassis.telemetry.trace import MAIL_HEADER
from notifier.errors import AddressUnusable

_POLICY = SMTP.clone(cte_type="7bit", raise_on_defect=True)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """An e-mail to one person. `envelope_sender` gets the bounces; it and `message_id` never change."""

    sender: Address
    recipient: Address = field(repr=False)
    envelope_sender: str
    message_id: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    written_at: datetime

    def as_bytes(self) -> bytes:
        """The message in 7-bit lines ending in CRLF (RFC 5322), saying that nobody wrote it (RFC 3834)."""
        message = EmailMessage(policy=_POLICY)
        message["From"] = self.sender
        message["To"] = self.recipient
        message["Subject"] = self.subject
        message["Date"] = self.written_at
        message["Message-ID"] = self.message_id
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        if traceparent := current_traceparent():
            message[MAIL_HEADER] = traceparent
        message.set_content(self.text)
        if self.html is not None:
            message.add_alternative(self.html, subtype="html")
        return message.as_bytes()


class Mailer(Protocol):
    """Who takes our e-mails."""

    async def send(self, mail: Mail) -> None:
        """Return once the e-mail is the relay's to deliver.

        Raises `NoticeRefused` (for good), `NoticeDelayed` (for now) or `BackingServiceAway`.
        """
        ...


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
