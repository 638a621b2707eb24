"""Dead letters: what could not be processed, byte for byte, with everything needed to do it again."""

import asyncio
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis.bus import client
from chassis.bus.subscription import Raw
from chassis.clock import now
from chassis.errors import BackingServiceAway
from chassis.settings import Settings
from chassis.telemetry import log
from chassis.telemetry.metrics import DEAD_LETTERS
from chassis.telemetry.trace import current_trace_id
from contracts.topics import LARGEST_DEAD_LETTER


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a record is given up on: a stable code, and how often it was tried."""

    code: str
    attempts: int


class DeadLetters:
    """Writes to `<service>.dead-letters`, acknowledged before the origin's offset is committed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = f"{settings.service}.dead-letters"
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises the bus's errors while it is away."""
        if self._producer is None:
            self._producer = await client.started_producer(self._settings, largest=LARGEST_DEAD_LETTER)

    async def stop(self) -> None:
        """Disconnect."""
        producer, self._producer = self._producer, None
        await client.let_go(producer)

    async def bury(self, raw: Raw, subscription: str, reason: Reason) -> None:
        """Keep `raw` for the operators. Raises `BackingServiceAway`: then nothing was given up."""
        try:
            await self._send(raw, [*raw.headers, *_why(raw, subscription, reason)])
        except (KafkaError, TimeoutError) as error:
            await self.stop()
            raise BackingServiceAway("bus") from error
        DEAD_LETTERS.labels(raw.topic, reason.code).inc()
        log.error("event.dead-letter", topic=raw.topic, partition=raw.partition, offset=raw.offset,
                  reason=reason.code, attempts=reason.attempts)  # fmt: skip

    async def _send(self, raw: Raw, headers: list[tuple[str, bytes]]) -> None:
        await self.start()
        assert self._producer is not None
        async with asyncio.timeout(client.SILENT_AFTER):
            await self._producer.send_and_wait(self._topic, value=raw.value, key=raw.key, headers=headers)


def _why(raw: Raw, subscription: str, reason: Reason) -> list[tuple[str, bytes]]:
    fields = {
        "pli_dl_reason": reason.code,
        "pli_dl_topic": raw.topic,
        "pli_dl_partition": str(raw.partition),
        "pli_dl_offset": str(raw.offset),
        "pli_dl_attempts": str(reason.attempts),
        "pli_dl_subscription": subscription,
        "pli_dl_at": now().isoformat(),
        "pli_dl_trace": current_trace_id() or "",
    }
    return [(name, value.encode()) for name, value in fields.items()]
