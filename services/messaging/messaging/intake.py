"""The door's log: one `messaging.intake` record a recipient, acknowledged by all replicas before the 250."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis.bus.producing import Producing
from chassis.errors import BackingServiceAway
from chassis.ids import new_id
from chassis.part import Check
from chassis.telemetry import current_traceparent
from contracts.base import event_type
from contracts.cloudevents import Envelope
from contracts.messaging import LetterTaken, NoticeReturnTaken
from messaging.settings import MessagingSettings

TOPIC = "messaging.intake"
Taken = LetterTaken | NoticeReturnTaken
ACKNOWLEDGED_WITHIN = 1.5
"""Seconds; the door answers 451 afterwards. A record that arrives all the same is a repeat of the next try."""


class Intake:
    """Appends to the log."""

    name = "intake"

    def __init__(self, settings: MessagingSettings) -> None:
        self._settings = settings
        self._producing = Producing(settings)

    async def start(self) -> None:
        """Connect. Raises `BackingServiceAway` while the bus is."""
        await self._producing.connected()

    async def stop(self) -> None:
        """Let go; nothing is pending, for each append is awaited."""
        await self._producing.stop()

    def checks(self) -> Mapping[str, Check]:
        """Ready while a producer is connected, which a look also sees to."""
        return {"intake": self._check}

    async def append(self, letters: Sequence[Taken]) -> None:
        """Append one record for each, all acknowledged. Raises `BackingServiceAway`: some may be there then."""
        if not letters:
            return
        async with self._producing.sending(ACKNOWLEDGED_WITHIN) as producer:
            await asyncio.gather(*(self._send(producer, letter) for letter in letters))

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

    async def _check(self) -> str | None:
        try:
            async with asyncio.timeout(1.5):
                producer = await self._producing.connected()
                await producer.client.fetch_all_metadata()
        except (BackingServiceAway, KafkaError, TimeoutError, OSError):
            return "the bus does not answer"
        return None


def _key(taken: Taken) -> str:
    """A mailbox's letters stay in their order; a report on a notice knows no patient."""
    return taken.patient_id if isinstance(taken, LetterTaken) else taken.notice_id
