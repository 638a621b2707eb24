"""One SMTP conversation: aiosmtpd's, with our answers, our limits, and DATA read in blocks."""

import asyncio
import logging
import re
import ssl
from collections.abc import Sequence
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, Envelope, Session
from msgspec import Struct

from chassis.telemetry import log, new_trace
from messaging.domain.limits import LETTER_BYTES
from messaging.door.recipients import NOT_NOW, Known, Recipients
from messaging.door.taking import TOO_LARGE, Taking
from messaging.door.unstuffing import Unstuffing

BLOCK = 64 * 1024
MOST_READ = 4 * LETTER_BYTES
"""Bytes after which a sender of a letter too large is cut rather than listened to."""
MOST_RECIPIENTS = 100
MOST_ERRORS = 50
IDLE = 120.0
CALLS = {"*": 100, "MAIL": 100_000, "RCPT": 1_000_000, "DATA": 100_000, "RSET": 100_000, "NOOP": 10_000}
_SIZE = re.compile(r"SIZE=([0-9]{1,20})$")

# aiosmtpd writes addresses into its own log
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Rules(Struct, frozen=True):
    """What every conversation at one door shares."""

    recipients: Recipients
    taking: Taking
    hostname: str
    tls: ssl.SSLContext | None
    most_connections: int


class Open(Protocol):
    """The door, as a conversation sees it."""

    sessions: "set[DoorSession]"
    stopping: bool


class DoorEnvelope(Envelope):
    """A letter under way: its recipients are patients we know."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Known] = {}


class Answers:
    """aiosmtpd's hooks: who may be written to, and what is said when something unforeseen happens."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Say what we can: size, pipelining, status codes."""
        session.host_name = hostname
        return [*responses[:-1], f"250-SIZE {LETTER_BYTES}", "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the envelope sender; a size that is announced too large is refused here."""
        if any(int(found[1]) > LETTER_BYTES for option in options if (found := _SIZE.match(option))):
            return TOO_LARGE
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: DoorEnvelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient who is one of our patients, or say why not."""
        if len(envelope.known) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        found = await self._rules.recipients.find(address)
        if isinstance(found, str):
            return found
        envelope.known[found.patient_id] = found
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        """Whatever happened, the answer is a correct one and the sender may try again."""
        log.error("door.failed", exc_info=error)
        return "451 4.3.0 Local error in processing"


class DoorSession(SMTP):
    """An SMTP conversation. Commands are aiosmtpd's; DATA, limits and replies are ours."""

    line_length_limit = BLOCK

    def __init__(self, rules: Rules, door: Open) -> None:
        super().__init__(
            Answers(rules),
            data_size_limit=None,
            enable_SMTPUTF8=True,
            hostname=rules.hostname,
            ident="Pli",
            tls_context=rules.tls,
            require_starttls=rules.tls is not None,
            timeout=IDLE,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            command_call_limit=CALLS,
            loop=asyncio.get_running_loop(),
        )
        self.receiving = False
        """Whether a letter is under way, whose answer a stop waits for."""
        self._rules = rules
        self._door = door
        self._errors = 0
        self._taken_bytes = 0

    def _create_envelope(self) -> DoorEnvelope:
        return DoorEnvelope()

    def connection_made(self, transport: Any) -> None:
        """Count the connection."""
        self._door.sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        self._door.sessions.discard(self)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        if len(self._door.sessions) > self._rules.most_connections:
            await self._hang_up("421 4.7.0 Too many connections, try again later")
            return
        await super()._handle_client()

    async def push(self, status: Any) -> None:
        """Send a reply. A client that only makes errors is told good-bye."""
        if status[:1] in ("5", b"5"):
            self._errors += 1
        if self._errors > MOST_ERRORS:
            await self._hang_up("421 4.7.0 Too many errors")
            return
        await super().push(status)

    async def _hang_up(self, reply: str) -> None:
        await super().push(reply)
        if self.transport is not None:
            self.transport.close()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """An address in a command; whatever makes the parser stumble is a malformed one."""
        try:
            found: tuple[str | None, str | None] = super()._getaddr(arg)
        except Exception:
            return None, None
        return found

    async def smtp_AUTH(self, arg: str) -> None:
        """Senders prove who they are by TLS."""
        await self.push("502 5.5.1 AUTH not available")

    async def smtp_VRFY(self, arg: str) -> None:
        """Recipients are told at RCPT only."""
        await self.push("252 2.5.0 Send some mail, I'll try my best")

    async def smtp_DATA(self, arg: str) -> None:
        """Take a letter: its bytes go to the store as they come; the reply says what became of it."""
        refusal = self._not_ready(arg)
        if refusal:
            await self.push(refusal)
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        self.receiving = True
        try:
            reply = await self._take()
        finally:
            self.receiving = False
        self.envelope = self._create_envelope()
        await self.push(reply)
        if self._door.stopping:
            await self._hang_up("421 4.3.2 Closing")

    def _not_ready(self, arg: str | None) -> str | None:
        if not self.session or not self.session.host_name:
            return "503 5.5.1 Error: send HELO first"
        if not self._known():
            return "503 5.5.1 Error: need RCPT command"
        return "501 5.5.4 Syntax: DATA" if arg else None

    def _known(self) -> Sequence[Known]:
        return list(self.envelope.known.values()) if isinstance(self.envelope, DoorEnvelope) else []

    async def _take(self) -> str:
        assert self.envelope is not None and self.session is not None
        source = _Blocks(self)
        with new_trace("letter"):
            try:
                sender = _bare(self.envelope.mail_from or "")
                return await self._rules.taking.take(source.next, sender, self._known(), _peer(self.session))
            except (_TooMuch, ConnectionError):
                raise
            except Exception as error:
                log.error("letter.failed", exc_info=error)
                await source.drain()
                return NOT_NOW

    async def read_block(self) -> bytes:
        """The next bytes from the connection; never empty, for a lost one cancels us."""
        self._reset_timeout()
        block: bytes = await self._reader.read(BLOCK)
        if not block:
            raise ConnectionResetError("cut in the middle of a letter")
        self._taken_bytes += len(block)
        return block

    def give_back(self, surplus: bytes) -> None:
        """Put bytes that belong to the next commands in front of what is still to be read."""
        if surplus:
            self._reader._buffer[:0] = surplus  # type: ignore[attr-defined]


class _TooMuch(ConnectionResetError):
    """A sender does not stop sending a letter that is too large."""


class _Blocks:
    """A letter's bytes, block by block, to its end mark."""

    def __init__(self, session: DoorSession) -> None:
        self._session = session
        self._unstuffing = Unstuffing()
        self._size = 0

    async def next(self) -> bytes:
        """The next bytes of the letter; empty once it has ended."""
        while not self._unstuffing.ended:
            if plain := self._feed(await self._session.read_block()):
                return plain
        return b""

    def _feed(self, block: bytes) -> bytes:
        plain = self._unstuffing.feed(block)
        self._size += len(plain)
        if self._unstuffing.ended:
            self._session.give_back(self._unstuffing.surplus)
        elif self._size > MOST_READ:
            raise _TooMuch
        return plain

    async def drain(self) -> None:
        """Read to the end mark, so that the sender hears the answer."""
        while await self.next():
            continue


def _bare(address: str) -> str:
    """The envelope sender as the log keeps it: empty for `<>`, always valid text."""
    return "" if address == "<>" else address[:320].encode("utf-8", "replace").decode()


def _peer(session: Session) -> str:
    peer = session.peer
    return str(peer[0])[:64] if isinstance(peer, tuple) else "local"
