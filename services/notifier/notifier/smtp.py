"""E-mail over SMTP with connections kept open: a relay may take long to greet."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPRecipientRefused, SMTPResponseException

from chassis.errors import BackingServiceAway, PliError
from chassis.idle import Idle
from notifier.domain.returns import enhanced_status, speaks_against_address
from notifier.errors import AddressRefused, NoticeDelayed, NoticeRefused, NoticeUnanswered
from notifier.mail import Mail
from notifier.settings import NotifierSettings

IDLE_AT_MOST = 30.0
"""Seconds after which a kept connection is let go; relays hang up after a minute or more."""
FOR_GOOD = 500
RELAY = "relay"
"""What all connections lead to."""
PATIENCE_WHEN_URGENT = 60.0
"""Seconds for the answer to an urgent notice: of a code's ten minutes, some are left for a second try."""


class Connection(Protocol):
    """One open connection to a relay. Its methods raise aiosmtplib's errors."""

    async def mail(self, sender: str) -> object:
        """MAIL FROM."""
        ...

    async def rcpt(self, recipient: str) -> object:
        """RCPT TO."""
        ...

    async def data(self, message: bytes, patience: float) -> object:
        """DATA and the message; `patience` is how many seconds its answer may take."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


Connect = Callable[[], Awaitable[Connection]]


class SmtpMailer:
    """A `Mailer` over a relay. As many connections as notices sent at once; each is kept for the next.

    Relays look at a message before they answer for it: who hangs up meanwhile gets it sent twice, so its answer
    has a `patience` of its own (seconds; RFC 5321 §4.5.3.2.6 and §6.1).
    """

    def __init__(self, connect: Connect, clock: Callable[[], float], patience: float) -> None:
        self._connect = connect
        self._patience = patience
        self._idle = Idle(_hang_up, IDLE_AT_MOST, clock)

    async def send(self, mail: Mail) -> None:
        """See `Mailer`."""
        message = mail.as_bytes()
        connection = await self._ready(mail.envelope_sender)
        with _closed_on_error(connection):
            await connection.rcpt(mail.recipient.addr_spec)
        with _closed_on_error(connection, cut=NoticeUnanswered):
            await connection.data(message, PATIENCE_WHEN_URGENT if mail.urgent else self._patience)
        self._idle.lay(RELAY, connection)

    async def close(self) -> None:
        """Hang up all kept connections."""
        await self._idle.close()

    async def _ready(self, sender: str) -> Connection:
        """A connection that has taken MAIL FROM: a kept one if it still answers, else a new one."""
        while kept := self._idle.take(RELAY):
            if await _still_takes(kept, sender):
                return kept
            kept.close()
        return await self._new(sender)

    async def _new(self, sender: str) -> Connection:
        try:
            connection = await self._connect()
        except (SMTPException, OSError) as error:
            raise _away() from error
        with _closed_on_error(connection):
            await connection.mail(sender)
        return connection


async def _hang_up(connection: Connection) -> None:
    connection.close()


async def _still_takes(connection: Connection, sender: str) -> bool:
    """Whether a kept connection begins a message; if not, nothing was sent and another may be used."""
    try:
        await connection.mail(sender)
    except (SMTPException, OSError):
        return False
    return True


def _away() -> PliError:
    return BackingServiceAway("mail relay")


@contextmanager
def _closed_on_error(connection: Connection, cut: Callable[[], PliError] = _away) -> Iterator[None]:
    """Hang up after any error, and say a relay's one in our words; `cut` says that it answered nothing."""
    try:
        yield
    except SMTPResponseException as error:
        connection.close()
        raise _in_our_words(error) from error
    except (SMTPException, OSError) as error:
        connection.close()
        raise cut() from error
    except BaseException:
        connection.close()
        raise


def _in_our_words(error: SMTPResponseException) -> PliError:
    """Only at RCPT is a status about the patient's address: before, it is our own that is spoken of."""
    if error.code < FOR_GOOD:
        return NoticeDelayed(error.code)
    status = enhanced_status(error.message)
    at_fault = isinstance(error, SMTPRecipientRefused) and speaks_against_address(status)
    return (AddressRefused if at_fault else NoticeRefused)(error.code, status)


class AioConnection:
    """aiosmtplib's client as a `Connection`."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client

    async def open(self) -> None:
        """Connect, greet and log in."""
        await self._client.connect()

    async def mail(self, sender: str) -> object:
        """See `Connection`."""
        return await self._client.mail(sender)

    async def rcpt(self, recipient: str) -> object:
        """See `Connection`."""
        return await self._client.rcpt(recipient)

    async def data(self, message: bytes, patience: float) -> object:
        """See `Connection`."""
        return await self._client.data(message, timeout=patience)

    def close(self) -> None:
        """See `Connection`."""
        with suppress(SMTPException, OSError):
            self._client.close()


def over_smtp(settings: NotifierSettings) -> SmtpMailer:
    """The mailer that the settings describe. Call it on the running event loop."""

    async def connect() -> Connection:
        connection = AioConnection(_client(settings))
        try:
            await connection.open()
        except BaseException:
            connection.close()
            raise
        return connection

    return SmtpMailer(connect, asyncio.get_running_loop().time, settings.notice_smtp_patience)


def _client(settings: NotifierSettings) -> aiosmtplib.SMTP:
    password = settings.notice_smtp_password
    return aiosmtplib.SMTP(
        hostname=settings.notice_smtp_host,
        port=settings.notice_smtp_port,
        username=settings.notice_smtp_username,
        password=password.get_secret_value() if password else None,
        use_tls=settings.notice_smtp_tls == "implicit",
        start_tls=settings.notice_smtp_tls == "starttls",
        local_hostname=settings.notice_domain,
        timeout=settings.notice_smtp_timeout,
    )
