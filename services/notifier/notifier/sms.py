"""SMS through a provider. The local one delivers into the mail catcher, which stands for the phone."""

from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from typing import Protocol

from notifier.domain.texting import gsm7
from notifier.mail import Mail, Mailer


@dataclass(frozen=True, kw_only=True)
class Sms:
    """A text to one phone (E.164). `reference` and `message_id` are the same at each try; `urgent`: see `Mail`."""

    phone: str = field(repr=False)
    text: str = field(repr=False)
    reference: str
    message_id: str
    written_at: datetime
    urgent: bool = False


class SmsProvider(Protocol):
    """Who delivers our SMS."""

    async def send(self, sms: Sms) -> None:
        """Return once the text is the provider's to deliver. The same `reference` is delivered once.

        Raises as `Mailer.send` does.
        """
        ...


class CatcherSms:
    """An `SmsProvider` that e-mails the text to `<phone>@sms.invalid`: no relay delivers that anywhere else."""

    DOMAIN = "sms.invalid"

    def __init__(self, mailer: Mailer, service_name: str) -> None:
        self._mailer = mailer
        self._sender = Address(gsm7(service_name), "sms", self.DOMAIN)

    async def send(self, sms: Sms) -> None:
        """See `SmsProvider`."""
        mail = Mail(
            sender=self._sender,
            recipient=Address("", sms.phone, self.DOMAIN),
            envelope_sender=f"sms@{self.DOMAIN}",
            message_id=sms.message_id,
            subject=f"SMS {sms.phone}",
            text=sms.text,
            written_at=sms.written_at,
            urgent=sms.urgent,
        )
        await self._mailer.send(mail)
