"""The door's log: one `messaging.intake` record a recipient, acknowledged by all replicas before the 250."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis.bus import client
from chassis.errors import BackingServiceAway
from chassis.ids import new_id
from chassis.part import Check
from chassis.telemetry import current_traceparent, log
from contracts.base import event_type
from contracts.cloudevents import Envelope
from contracts.messaging import LetterTaken, NoticeReturnTaken
from messaging.settings import MessagingSettings

TOPIC = "messaging.intake"
Taken = LetterTaken | NoticeReturnTaken
ACKNOWLEDGED_WITHIN = 1.5
"""Seconds; the door answers 451 afterwards. A record that arrives all the same is a repeat of the next try."""


class Intake:
    """Appends to the log. A producer that failed for good is thrown away and built again."""

    name = "intake"

    def __init__(self, settings: MessagingSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._silent_since: float | None = None

    async def start(self) -> None:
        """Connect. Raises `BackingServiceAway` while the bus is."""
        self._producer = await self._connected()

    async def stop(self) -> None:
        """Let go; nothing is pending, for each append is awaited."""
        if self._renewing:
            self._renewing.cancel()
        await client.let_go(self._producer)

    def checks(self) -> Mapping[str, Check]:
        """Ready while a producer is connected."""
        return {"intake": self._check}

    async def append(self, letters: Sequence[Taken]) -> None:
        """Append one record for each, all acknowledged. Raises `BackingServiceAway`: some may be there then."""
        if not letters:
            return
        if self._producer is None:
            raise BackingServiceAway("bus")
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN):
                await asyncio.gather(*(self._send(self._producer, letter) for letter in letters))
        except TimeoutError as error:
            self._note_silence(began, error)
            raise BackingServiceAway("bus") from error
        except KafkaError as error:
            if not error.retriable:
                self._renew(error)
            raise BackingServiceAway("bus") from error
        self._silent_since = None

    async def _send(self, producer: AIOKafkaProducer, letter: Taken) -> None:
        envelope = Envelope(
            id=new_id(),
            type=event_type(letter),
            source=self._settings.service,
            time=letter.taken_at,
            subject=_key(letter),
            traceparent=current_traceparent(),
        )
        sent = await producer.send(
            TOPIC,
            msgspec.json.encode(letter),
            key=_key(letter).encode(),
            headers=envelope.headers(),
        )
        await asyncio.shield(sent)

    def _note_silence(self, began: float, error: TimeoutError) -> None:
        """One append may be slow; none acknowledged for so long means that the producer has died."""
        if self._silent_since is None:
            self._silent_since = began
        elif asyncio.get_running_loop().time() - self._silent_since > client.SILENT_AFTER:
            self._renew(error)

    def _renew(self, error: Exception) -> None:
        """An idempotent producer that lost its sequence never works again: build another."""
        if self._renewing and not self._renewing.done():
            return
        self._silent_since = None
        log.warning("intake.producer-lost", exc_info=error)
        lost, self._producer = self._producer, None
        self._renewing = asyncio.create_task(self._replace(lost))

    async def _replace(self, lost: AIOKafkaProducer | None) -> None:
        await client.let_go(lost)
        while self._producer is None:
            try:
                self._producer = await self._connected()
            except BackingServiceAway:
                await asyncio.sleep(0.5)

    async def _connected(self) -> AIOKafkaProducer:
        try:
            return await client.started_producer(self._settings)
        except (KafkaError, OSError) as error:
            raise BackingServiceAway("bus") from error

    async def _check(self) -> str | None:
        if self._producer is None:
            return "not connected"
        try:
            async with asyncio.timeout(1.5):
                await self._producer.client.fetch_all_metadata()
        except (KafkaError, TimeoutError, OSError):
            return "the bus does not answer"
        return None


def _key(taken: Taken) -> str:
    """A mailbox's letters stay in their order; a report on a notice knows no patient."""
    return taken.patient_id if isinstance(taken, LetterTaken) else taken.notice_id
