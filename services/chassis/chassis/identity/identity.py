"""Who is asking, and the ways in which nobody is."""

from datetime import datetime, timedelta

from msgspec import Struct

from chassis.errors import LogInNeeded

SESSION_IDLE = timedelta(minutes=30)
"""How long a session lasts without activity; auth alone ends it."""


class Identity(Struct, frozen=True, kw_only=True):
    """A person with a live session. `actor` acts for `patient_id`; they are equal until carers exist."""

    patient_id: str
    actor: str
    session_id: str
    expires_at: datetime
    session_ends_at: datetime


class TokenMissing(LogInNeeded):
    """The request carries no token."""

    code = "token-missing"


class _Over(LogInNeeded):
    """A token of ours that opens nothing any more; `patient_id` is whom it spoke for, if that is known."""

    def __init__(self, why: str = "", *, patient_id: str | None = None) -> None:
        super().__init__(why)
        self.patient_id = patient_id


class TokenExpired(_Over):
    """The token's five minutes are over; the session may still be alive."""

    code = "token-expired"


class TokenForged(LogInNeeded):
    """The token is not one of ours: unknown key, wrong signature, wrong shape."""

    code = "token-forged"


class SessionOver(_Over):
    """The session was ended: log-out, idle for too long, or its 12 hours are over."""

    code = "session-over"
