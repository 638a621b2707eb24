"""Dead letters: what could not be processed, byte for byte, with everything needed to do it again."""

from dataclasses import dataclass

from chassis.bus.producing import Producing
from chassis.bus.subscription import Raw
from chassis.clock import now
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
        self._topic = f"{settings.service}.dead-letters"
        self._producing = Producing(settings, largest=LARGEST_DEAD_LETTER)

    async def start(self) -> None:
        """Connect. Raises `BackingServiceAway` while the bus is."""
        await self._producing.connected()

    async def stop(self) -> None:
        """Disconnect."""
        await self._producing.stop()

    async def bury(self, raw: Raw, subscription: str, reason: Reason) -> None:
        """Keep `raw` for the operators. Raises `BackingServiceAway`: then nothing was given up."""
        headers = [*raw.headers, *_why(raw, subscription, reason)]
        async with self._producing.sending() as producer:
            await producer.send_and_wait(self._topic, value=raw.value, key=raw.key, headers=headers)
        DEAD_LETTERS.labels(raw.topic, reason.code).inc()
        log.error("event.dead-letter", topic=raw.topic, partition=raw.partition, offset=raw.offset,
                  reason=reason.code, attempts=reason.attempts)  # fmt: skip


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
