"""Who is asking, and the ways in which nobody is."""

from datetime import datetime

from msgspec import Struct

from chassis.errors import LogInNeeded


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


class TokenExpired(LogInNeeded):
    """The token's five minutes are over; the session may still be alive."""

    code = "token-expired"


class TokenForged(LogInNeeded):
    """The token is not one of ours: unknown key, wrong signature, wrong shape."""

    code = "token-forged"


class SessionOver(LogInNeeded):
    """The session was ended: log-out, idle for too long, or its 12 hours are over."""

    code = "session-over"
