"""One SMTP transaction: a message to recipients of one domain, with an answer for each (RFC 5321, 1870, 3461)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import cast

import aiosmtplib
from msgspec import Struct

from messaging.domain.consignment import NOT_NOW, TAKEN, Verdict, refused
from messaging.domain.reasons import DeliveryReason, reason_for
from messaging.road.content import Content
from messaging.road_settings import RoadSettings

MOST_UNSENT = 256 * 1024
LOOK_AGAIN = 0.005
NOTIFY = "NOTIFY=SUCCESS,FAILURE,DELAY"


class Envelope(Struct, frozen=True, kw_only=True):
    """From whom to whom. `sender` is empty for a receipt; `recipients` are addresses by delivery.

    `envelope_id` comes back in reports of servers that speak DSN.
    """

    sender: str
    recipients: Mapping[str, str]
    envelope_id: str


class Answers:
    """What the server said to each recipient, as far as the transaction came."""

    def __init__(self, envelope: Envelope) -> None:
        self.verdicts: dict[str, Verdict] = dict.fromkeys(envelope.recipients, NOT_NOW)
        self.accepted: list[str] = []
        """Deliveries whose RCPT was accepted; what is said to the message concerns them."""
        self.begun = False
        """Whether anything of this transaction was answered."""

    def say(self, delivery_ids: Sequence[str], verdict: Verdict) -> None:
        """The answer for these."""
        self.verdicts.update(dict.fromkeys(delivery_ids, verdict))


class Transaction:
    """Carries one message over an open connection, as long as `is_ours` says that nobody else may have sent it."""

    def __init__(
        self,
        client: aiosmtplib.SMTP,
        settings: RoadSettings,
        envelope: Envelope,
        content: Content,
        *,
        is_ours: Callable[[], bool],
    ) -> None:
        self.answers = Answers(envelope)
        self._is_ours = is_ours
        self._client = client
        self._settings = settings
        self._envelope = envelope
        self._content = content

    async def run(self) -> None:
        """To its end; `answers` tell how far it came. Raises `PeerErrors` when the connection broke."""
        if self._too_large():
            self.answers.say(list(self._envelope.recipients), refused(DeliveryReason.TOO_LARGE))
            return
        try:
            await self._mail()
            await self._recipients()
            # what another has taken since may have left already
            if self.answers.accepted and self._is_ours():
                await self._message()
            else:
                await self._client.rset()
        except aiosmtplib.SMTPResponseException as error:
            open_still = self.answers.accepted or list(self._envelope.recipients)
            self.answers.say(open_still, _verdict(error.code, error.message))
            await self._client.rset()

    def _too_large(self) -> bool:
        most = self._client.esmtp_extensions.get("size", "")
        return most.isdigit() and 0 < int(most) < self._content.size

    async def _mail(self) -> None:
        options = []
        if self._offers("size"):
            options.append(f"SIZE={self._content.size}")
        if self._offers("dsn") and self._envelope.sender:
            options += ["RET=HDRS", f"ENVID={xtext(self._envelope.envelope_id)}"]
        if self._offers("smtputf8") and not self._is_ascii():
            options.append("SMTPUTF8")
        encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
        await self._client.mail(self._envelope.sender, options=options, encoding=encoding)
        self.answers.begun = True

    async def _recipients(self) -> None:
        utf8 = self._offers("smtputf8") and not self._is_ascii()
        for delivery_id, address in self._envelope.recipients.items():
            if not address.isascii() and not utf8:
                self.answers.say([delivery_id], refused(DeliveryReason.NO_SUCH_ADDRESS))
                continue
            try:
                encoding = "utf-8" if utf8 else "ascii"
                await self._client.rcpt(address, options=self._notify(address), encoding=encoding)
            except aiosmtplib.SMTPRecipientRefused as error:
                self.answers.say([delivery_id], _verdict(error.code, error.message))
            else:
                self.answers.accepted.append(delivery_id)

    def _notify(self, address: str) -> list[str]:
        if not self._offers("dsn"):
            return []
        if not self._envelope.sender:
            return ["NOTIFY=NEVER"]
        kind = "rfc822" if address.isascii() else "utf-8"
        return [NOTIFY, f"ORCPT={kind};{xtext(address)}"]

    async def _message(self) -> None:
        """From here to the answer is the one stretch in which a cut leaves it open whether the message was taken.

        It then goes once more, the very same bytes under the same Message-ID: nowhere else can a message go twice.
        """
        answer = await self._client.execute_command(b"DATA")
        if answer.code != aiosmtplib.SMTPStatus.start_input:
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)
        protocol = self._client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        async for block in stuffed(self._content.chunks()):
            protocol.write(block)
            async with asyncio.timeout(self._settings.road_patience):
                await _drained(protocol.transport)
        protocol.write(b".\r\n")
        answer = await protocol.read_response(timeout=self._settings.road_last_patience)
        if answer.code != aiosmtplib.SMTPStatus.completed:
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)
        self.answers.say(self.answers.accepted, TAKEN)

    def _offers(self, extension: str) -> bool:
        return self._client.supports_extension(extension)

    def _is_ascii(self) -> bool:
        return all(address.isascii() for address in (self._envelope.sender, *self._envelope.recipients.values()))


def _verdict(code: int, words: str) -> Verdict:
    return refused(reason_for(words, code)) if 500 <= code < 600 else NOT_NOW


async def _drained(transport: asyncio.BaseTransport | None) -> None:
    """Return once the peer has taken most of what was written; a lost connection is told by the next write."""
    writing = cast(asyncio.WriteTransport | None, transport)
    while writing and not writing.is_closing() and writing.get_write_buffer_size() > MOST_UNSENT:  # noqa: ASYNC110 - no event tells
        await asyncio.sleep(LOOK_AGAIN)


def xtext(words: str) -> str:
    """RFC 3461 §4: printable ASCII but `+` and `=`; anything else as `+` and two digits."""
    return "".join(
        chr(byte) if 33 <= byte <= 126 and byte not in b"+=" else f"+{byte:02X}" for byte in words.encode()
    )


async def stuffed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A dot before each dot that begins a line (RFC 5321 §4.5.2), wherever the chunks are cut."""
    at_line_start = True
    async for chunk in chunks:
        if chunk:
            doubled = chunk.replace(b"\n.", b"\n..")
            yield b"." + doubled if at_line_start and chunk.startswith(b".") else doubled
            at_line_start = chunk.endswith(b"\n")
