"""One SMTP conversation: who hands over, for whom, and letters read in blocks or in chunks."""

import asyncio

from aiosmtpd.smtp import Envelope

from chassis.telemetry import log, new_trace
from messaging.domain.limits import LETTER_BYTES
from messaging.domain.operators import MailOperator
from messaging.door.commands import Refused, chunk_in, recipient_in, sender_in
from messaging.door.connection import WORK, Connection, Open
from messaging.door.house import Operators, ReturnOf
from messaging.door.metrics import REPLIES
from messaging.door.pace import Pace
from messaging.door.reading import Chunks, DataBlocks, skip
from messaging.door.recipients import NOT_NOW, Known
from messaging.door.replies import label_of
from messaging.door.room import NoRoom
from messaging.door.rules import Rules
from messaging.door.taking import TOO_LARGE, Handing, Source, drain

HELLO_FIRST = "503 5.5.1 Send EHLO first"
NO_RECIPIENT = "503 5.5.1 Need RCPT first"
IN_CHUNKS = "503 5.5.1 The letter comes in chunks"
NO_CERTIFICATE = "530 5.7.0 Present the certificate of a listed mail operator"
NOT_LISTED = "550 5.7.1 This certificate is not that of a listed mail operator"
NOT_YOURS = "550 5.7.1 The sender's domain is not one of yours"
BUSY = "451 4.3.2 Too many letters at once, try again later"
TOO_MUCH = "451 4.7.1 Too many bytes in an hour, try again later"
CLOSING = "421 4.3.2 Closing, try again"

AT_ONCE = 0.001
"""Seconds: aiosmtpd takes 0 for its usual time."""


class DoorEnvelope(Envelope):
    """A letter under way: who hands it over, the patients it is for, and the notices it reports on.

    `for_operators` is how many of its recipients stand for who runs the house.
    """

    def __init__(self) -> None:
        super().__init__()
        self.operator: MailOperator | None = None
        self.known: dict[str, Known] = {}
        self.returns: dict[str, ReturnOf] = {}
        self.for_operators = 0

    @property
    def recipients(self) -> int:
        """How many were taken so far."""
        return len(self.known) + len(self.returns) + self.for_operators


class DoorSession(Connection):
    """An SMTP conversation at the door."""

    envelope: DoorEnvelope

    def __init__(self, rules: Rules, door: Open) -> None:
        self._chunks: Chunks | None = None
        self._taking: asyncio.Task[str] | None = None
        self._receiving = False
        super().__init__(rules, door)

    @property
    def receiving(self) -> bool:
        """Whether a letter is under way, whose answer a stop waits for."""
        return self._receiving or self._taking is not None

    @property
    def proven(self) -> bool:
        """Whether a listed mail operator speaks."""
        return self._operator() is not None

    def _create_envelope(self) -> DoorEnvelope:
        return DoorEnvelope()

    def _set_rset_state(self) -> None:
        """Forget the letter under way, chunks included."""
        super()._set_rset_state()
        self._drop_chunks()

    def _drop_chunks(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
        self._taking = self._chunks = None

    def _reset_timeout(self, duration: float | None = None) -> None:
        """From now on the sender is waited for. Between chunks other commands win it no time for its letter."""
        if duration is None and self._chunks is not None:
            duration = self._chunks.waited() or AT_ONCE
        super()._reset_timeout(duration)

    async def _answer(self, to: str, reply: str) -> None:
        REPLIES.labels(to, label_of(reply)).inc()
        await self.push(reply)

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Take the envelope sender, if it is one of the operator's own or the null sender."""
        await self._answer("mail", self._mail(arg))

    def _mail(self, arg: str | None) -> str:
        if refusal := self._not_greeted():
            return refusal
        if self.envelope.mail_from is not None:
            return "503 5.5.1 Nested MAIL"
        operator = self._operator()
        if operator is None:
            return NO_CERTIFICATE if self._certificate is None else NOT_LISTED
        if not self._rules.meter.has_room(self._peer):
            return TOO_MUCH
        try:
            asked = sender_in(arg)
        except Refused as refused:
            return refused.reply
        if int(asked.parameters.get("SIZE", "0")) > LETTER_BYTES:
            return TOO_LARGE
        if asked.text and not operator.answers_for(asked.text):
            return NOT_YOURS
        self.envelope.mail_from, self.envelope.operator = asked.text, operator
        return "250 2.1.0 OK"

    def _not_greeted(self) -> str | None:
        assert self.session is not None
        if self._rules.tls is not None and not self._tls_protocol:
            return "530 5.7.0 Must issue a STARTTLS command first"
        return None if self.session.host_name else HELLO_FIRST

    def _operator(self) -> MailOperator | None:
        """Who speaks: by certificate, or whoever may over a loopback without TLS."""
        operators = self._rules.operators()
        if self._rules.tls is None:
            return operators.together
        return operators.presenting(self._certificate) if self._certificate else None

    async def smtp_RCPT(self, arg: str | None) -> None:
        """Take a recipient: a patient, a notice that comes back, or postmaster. Otherwise say why not."""
        await self._answer("rcpt", await self._rcpt(arg))

    async def _rcpt(self, arg: str | None) -> str:
        if refusal := self._not_greeted():
            return refusal
        if self.envelope.mail_from is None:
            return "503 5.5.1 Need MAIL first"
        if self._chunks is not None:
            return IN_CHUNKS
        if self.envelope.recipients >= self._rules.manners.recipients:
            return "452 4.5.3 Too many recipients"
        try:
            address = recipient_in(arg).text
        except Refused as refused:
            return refused.reply
        found = self._rules.house.find(address, self.envelope.mail_from)
        return self._known(found or await self._rules.recipients.find(address))

    def _known(self, found: Known | ReturnOf | Operators | str) -> str:
        if isinstance(found, str):
            return found
        if isinstance(found, ReturnOf):
            self.envelope.returns[found.notice_id] = found
        elif isinstance(found, Operators):
            self.envelope.for_operators += 1
        else:
            self.envelope.known[found.patient_id] = found
        return "250 2.1.5 OK"

    async def smtp_DATA(self, arg: str | None) -> None:
        """Take a letter up to its end mark: its bytes go to the store as they come."""
        refusal = self._out_of_turn() or (IN_CHUNKS if self._chunks is not None else None)
        if refusal or arg:
            await self.push(refusal or "501 5.5.4 Syntax: DATA")
            return
        self._receiving = True
        try:
            async with self._rules.room.letter(self._peer):
                await self.push("354 End data with <CR><LF>.<CR><LF>")
                reply = await self._take(DataBlocks(self, self._pace()).next)
        except NoRoom:
            reply = BUSY
        finally:
            self._receiving = False
        await self._taken(reply)

    async def smtp_BDAT(self, arg: str | None) -> None:
        """Take a chunk of a letter (RFC 3030). Whatever is wrong, the chunk is read before that is said."""
        try:
            octets, last = chunk_in(arg)
        except Refused as refused:
            # without a count, a letter's bytes would be read as commands
            self.part(refused.reply, "lost")
            return
        refusal = self._out_of_turn() if self._chunks is None else None
        if refusal:
            await skip(self, self._pace(), octets)
            await self.push(refusal)
            return
        await self._chunk(octets)
        if last:
            await self._taken(await self._last_chunk())
        else:
            await self.push(f"250 2.0.0 {octets} octets")

    async def _chunk(self, octets: int) -> None:
        if self._chunks is None:
            self._chunks = Chunks(self, self._pace())
            self._taking = asyncio.create_task(self._take_chunks(self._chunks))
        await self._chunks.feed(octets)

    async def _last_chunk(self) -> str:
        assert self._chunks is not None and self._taking is not None
        self._reset_timeout(WORK)
        await self._chunks.end()
        return await self._taking

    async def _take_chunks(self, chunks: Chunks) -> str:
        try:
            async with self._rules.room.letter(self._peer):
                return await self._take(chunks.next)
        except NoRoom:
            await drain(chunks.next)
            return BUSY

    def _out_of_turn(self) -> str | None:
        return self._not_greeted() or (None if self.envelope.recipients else NO_RECIPIENT)

    def _pace(self) -> Pace:
        return Pace(self._rules.manners.patience)

    async def _take(self, source: Source) -> str:
        """The reply to a letter, which was read to its end."""
        assert self.envelope.operator is not None
        handing = Handing(
            sender=_as_text(self.envelope.mail_from or ""),
            operator=self.envelope.operator,
            peer=self._peer,
            patients=tuple(self.envelope.known.values()),
            returns=tuple(self.envelope.returns.values()),
            for_operators=self.envelope.for_operators > 0,
        )
        with new_trace("letter"):
            try:
                return await self._rules.taking.take(source, handing)
            except ConnectionError:
                raise
            except Exception as error:
                log.error("letter.failed", exc_info=error)
                await drain(source)
                return NOT_NOW

    async def _taken(self, reply: str) -> None:
        self._taking = self._chunks = None
        self.envelope = self._create_envelope()
        self.letter_answered(taken=reply[0] == "2")
        await self._answer("letter", reply)
        if self._door.stopping:
            self.part(CLOSING, "closing")


def _as_text(address: str) -> str:
    """The envelope sender as the log keeps it: always valid text."""
    return address.encode("utf-8", "replace").decode()
