"""A connection to the door: aiosmtpd's loop with our greeting, TLS, limits and replies. It knows no letters."""

import asyncio
import logging
from collections import defaultdict
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP

from chassis.telemetry import log
from messaging.domain.limits import LETTER_BYTES
from messaging.domain.operators import Certificate
from messaging.door.metrics import CONNECTIONS, HANDSHAKES, TURNED_AWAY
from messaging.door.pace import Pace
from messaging.door.reading import BLOCK
from messaging.door.replies import with_status
from messaging.door.room import peer_of
from messaging.door.rules import Rules
from messaging.door.taking import TOO_LARGE
from messaging.door.tls import HANDSHAKE_WITHIN, DoorTls, presented

LONGEST_COMMAND = 1_200
"""Bytes: an address of 320, and DSN's parameters (RFC 3461 §4) beside it."""
WORK = 300.0
"""Seconds that our own work on a letter may take, its stores included, before its connection is given up."""
LINGER = 5.0

CROWDED = "421 4.7.0 Too many connections at once, close some or try again later"
HURRIED = "421 4.7.0 Too many new connections, send several letters over each and try again in a minute"
FRUITLESS = "421 4.4.2 Too long without a letter, come back when there is one"
YIELDED = "421 4.3.2 Others need this place, come back with a listed certificate"
SLOW = "421 4.4.2 Too slow, or silent for too long"

# aiosmtpd writes addresses into its own log
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Open(Protocol):
    """The door, as a connection sees it."""

    sessions: "set[Any]"
    stopping: bool


class Answers:
    """aiosmtpd's hook for what nobody foresaw."""

    async def handle_exception(self, error: Exception) -> str:
        """Whatever happened, the answer is a correct one and the sender may try again."""
        log.error("door.failed", exc_info=error)
        return "451 4.3.0 Local error in processing"


class Connection(SMTP):
    """An SMTP connection. The loop is aiosmtpd's; limits, TLS and replies are ours."""

    line_length_limit = BLOCK
    command_size_limit = LONGEST_COMMAND
    command_size_limits: dict[str, int] = defaultdict(lambda: LONGEST_COMMAND)  # noqa: RUF012  aiosmtpd's
    transport: Any

    def __init__(self, rules: Rules, door: Open) -> None:
        super().__init__(
            Answers(),
            data_size_limit=None,
            enable_SMTPUTF8=True,
            hostname=rules.hostname,
            ident="ESMTP Pli",
            require_starttls=False,  # ours says it with the right code, and needs no context of its own
            timeout=rules.manners.patience.idle,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=asyncio.get_running_loop(),
        )
        self._rules = rules
        self._door = door
        self._peer = "local"
        self._certificate: Certificate | None = None
        self._errors = 0
        self._said = 0
        self._letter_at = self.loop.time()
        self._inside = self._shaking_hands = False

    def _set_rset_state(self) -> None:
        """Forget the letter under way."""
        super()._set_rset_state()  # type: ignore[no-untyped-call]

    def connection_made(self, transport: Any) -> None:
        """Know the connection."""
        self._door.sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        self._door.sessions.discard(self)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        assert self.session is not None
        self._peer = peer_of(self.session.peer)
        if refusal := self._kept_out():
            self.part(*refusal)
            return
        CONNECTIONS.inc()
        try:
            await super()._handle_client()
        finally:
            CONNECTIONS.dec()
            self._set_rset_state()
            self._leave()

    def _kept_out(self) -> tuple[str, str] | None:
        """The reply to one connection too many of this peer, or of all, and why; None when it is in the room."""
        if not self._rules.arrivals.may_come(self._peer):
            return HURRIED, "hurried"
        self._ask_for_a_place()
        self._inside = self._rules.room.enter(self._peer)
        return None if self._inside else (CROWDED, "crowded")

    def _ask_for_a_place(self) -> None:
        """When all are taken, who had time to prove to be a mail operator and did not: the longest first."""
        room = self._rules.room
        if not room.full or not room.has_own_place(self._peer):
            return
        others: set[Connection] = self._door.sessions
        unproven = [other for other in others if other.unproven_for >= self._rules.manners.yields]
        if unproven:
            max(unproven, key=lambda other: other.unproven_for).yield_place()

    @property
    def unproven_for(self) -> float:
        """Seconds for which a place was of no use to who may not hand over a letter."""
        return self.loop.time() - self._letter_at if self._inside and not self.proven else 0.0

    @property
    def proven(self) -> bool:
        """Whether it may hand over letters."""
        return False

    def yield_place(self) -> None:
        """Give the place to another connection. In the middle of a handshake nothing can be said."""
        self._leave()
        if self._shaking_hands and self._handler_coroutine is not None:
            TURNED_AWAY.labels("yielded").inc()
            self._handler_coroutine.cancel()
        else:
            self.part(YIELDED, "yielded")

    def _leave(self) -> None:
        if self._inside:
            self._inside = False
            self._rules.room.leave(self._peer)

    def part(self, reply: str, why: str) -> None:
        """Say this and hang up; who does not read it is cut."""
        TURNED_AWAY.labels(why).inc()
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        self._writer.write(reply.encode() + b"\r\n")
        transport.close()
        self.loop.call_later(LINGER, transport.abort)
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()

    @property
    def receiving(self) -> bool:
        """Whether a letter is under way."""
        return False

    def letter_answered(self, *, taken: bool) -> None:
        """A letter was read to its end: time without one begins anew, and if it was taken the commands do, too."""
        self._letter_at = self.loop.time()
        if taken:
            self._said = 0

    def _timeout_cb(self) -> None:
        """The sender was silent, or too slow with a letter."""
        self.part(SLOW, "slow")

    async def push(self, status: Any) -> None:
        """Send a reply with its status."""
        await self._say(with_status(status if isinstance(status, str) else status.decode()))

    async def _say(self, reply: str) -> None:
        """A client that only makes errors, or never comes to a letter, is told good-bye instead."""
        self._errors += reply[0] == "5"
        self._said += 1
        if self._errors > self._rules.manners.errors:
            self.part("421 4.7.0 Too many errors", "errors")
        elif self._said > self._rules.manners.commands:
            self.part("421 4.7.0 Too many commands without a letter", "commands")
        elif not self.receiving and self.loop.time() - self._letter_at > self._rules.manners.between:
            self.part(FRUITLESS, "fruitless")
        else:
            self._reset_timeout()
            await super().push(reply)

    async def smtp_EHLO(self, arg: str | None) -> None:
        """Say what we can: the lines of the answer carry no status (RFC 2034 §3)."""
        if self._greeted(arg, extended=True):
            offers = [self.hostname, f"SIZE {LETTER_BYTES}", "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING"]
            if self._rules.tls is not None and not self._tls_protocol:
                offers.append("STARTTLS")
            lines = [f"250-{offer}" for offer in offers]
            await self._say("\r\n".join([*lines, "250 ENHANCEDSTATUSCODES"]))
        else:
            await self.push("501 5.5.4 Syntax: EHLO hostname")

    async def smtp_HELO(self, arg: str | None) -> None:
        """The same to who does not speak ESMTP."""
        if self._greeted(arg, extended=False):
            await self._say(f"250 {self.hostname}")
        else:
            await self.push("501 5.5.4 Syntax: HELO hostname")

    def _greeted(self, arg: str | None, *, extended: bool) -> bool:
        assert self.session is not None
        if not arg:
            return False
        self._set_rset_state()
        self.session.extended_smtp = extended
        self.session.host_name = arg
        return True

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        """Go on in TLS. Whatever was sent in the clear behind the command is thrown away (RFC 3207 §4.2)."""
        if arg:
            await self.push("501 5.5.4 Syntax: STARTTLS")
        elif self._rules.tls is None:
            await self.push("454 4.7.0 TLS not available")
        elif self._tls_protocol:
            await self.push("503 5.5.1 Already in TLS")
        else:
            await self.push("220 2.0.0 Ready to start TLS")
            await self._start_tls(self._rules.tls)

    async def _start_tls(self, tls: DoorTls) -> None:
        self._original_transport = plain = self.transport
        self._reader._buffer.clear()  # type: ignore[attr-defined]
        self._shaking_hands = True
        try:
            secure = await self.loop.start_tls(
                plain, self, tls.context(), server_side=True, ssl_handshake_timeout=HANDSHAKE_WITHIN
            )
        except (OSError, asyncio.CancelledError) as error:  # ssl.SSLError is an OSError
            if self._inside:
                HANDSHAKES.labels("failed").inc()
                log.info("door.handshake-failed", reason=getattr(error, "reason", None) or type(error).__name__)
            plain.abort()
            self._door.sessions.discard(self)  # in the middle of a handshake its end is told to nobody else
            raise asyncio.CancelledError from error
        finally:
            self._shaking_hands = False
        self._speak_over(secure)

    def _speak_over(self, secure: Any) -> None:
        """Begin anew: the sender must greet again."""
        assert self.session is not None
        self.transport = self._tls_protocol = secure
        self._reader._transport = self._writer._transport = secure  # type: ignore[attr-defined]
        self._over_ssl = True
        connection = secure.get_extra_info("ssl_object")
        self.session.ssl = {"ssl_object": connection}
        self.session.host_name = None
        self._certificate = presented(connection)
        self._set_rset_state()
        HANDSHAKES.labels(str(connection.version())).inc()

    async def smtp_AUTH(self, arg: str | None) -> None:
        """Senders prove who they are by TLS."""
        await self.push("502 5.5.1 AUTH not available")

    async def smtp_VRFY(self, arg: str | None) -> None:
        """Recipients are told at RCPT only."""
        await self.push("252 2.5.0 Send some mail, I'll try my best")

    async def smtp_EXPN(self, arg: str | None) -> None:
        """There are no lists."""
        await self.push("502 5.5.1 EXPN not available")

    async def smtp_HELP(self, arg: str | None) -> None:
        """Where to read on."""
        await self.push("214 2.0.0 RFC 5321, 3030, 3207")

    async def read_block(self, pace: Pace, most: int) -> bytes:
        """The next bytes from the connection; never empty, for a lost one cancels us."""
        if not pace.left:
            self.part(SLOW, "slow")
            raise asyncio.CancelledError
        self._reset_timeout(pace.left)
        began = self.loop.time()
        block: bytes = await self._reader.read(most)
        if not block:
            raise ConnectionResetError("cut in the middle of a letter")
        pace.waited(self.loop.time() - began, len(block))
        self._rules.meter.brought(self._peer, len(block))
        self._reset_timeout(WORK)
        return block

    def give_back(self, surplus: bytes) -> None:
        """Put bytes that belong to the next commands in front of what is still to be read."""
        if surplus:
            self._reader._buffer[:0] = surplus  # type: ignore[attr-defined]

    def cut_off(self) -> None:
        """End the connection of a sender who does not stop."""
        self.part(TOO_LARGE, "too-large")
        raise asyncio.CancelledError
