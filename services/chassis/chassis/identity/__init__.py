"""Who is asking: tokens verified locally, sessions that ended, the guard of every route."""

from chassis.identity.identity import (
    Identity,
    SessionOver,
    TokenExpired,
    TokenForged,
    TokenMissing,
)

__all__ = ["Identity", "SessionOver", "TokenExpired", "TokenForged", "TokenMissing"]
