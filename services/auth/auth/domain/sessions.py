"""A session: idle for 30 minutes or 12 hours old, it ends. Rule: patient journeys, "Connect"."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from chassis.identity.identity import SESSION_IDLE as IDLE

LONGEST = timedelta(hours=12)


class End(StrEnum):
    """Why a session ended; the reason in `SessionEnded`."""

    LOG_OUT = "log-out"
    IDLE = "idle"
    OVER = "twelve-hours"
    REMOVED = "ended-elsewhere"


class Session(Struct, frozen=True, kw_only=True):
    """One browser's long session; `device` is what its owner recognises it by, empty when unknown."""

    id: str
    patient_id: str
    started_at: datetime
    last_active_at: datetime
    ended_at: datetime | None = None
    device: str = ""

    def ends_at(self) -> datetime:
        """When it ends if nothing more is done."""
        return min(self.last_active_at + IDLE, self.started_at + LONGEST)

    def is_alive(self, at: datetime) -> bool:
        """Whether it may still be renewed at this instant, swept or not."""
        return self.ended_at is None and at < self.ends_at()

    def due_end(self, at: datetime) -> End | None:
        """The end it has reached by itself, or None."""
        if at < self.ends_at():
            return None
        return End.OVER if at >= self.started_at + LONGEST else End.IDLE
