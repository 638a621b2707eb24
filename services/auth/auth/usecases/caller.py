"""Who is at the other end of a request that carries no session yet."""

from msgspec import Struct

UNKNOWN = "unknown"
"""The actor of an attempt that proved nothing."""


class Caller(Struct, frozen=True, kw_only=True):
    """The network address as the gateway saw it, the secret of a browser that once logged in, its `User-Agent`."""

    peer: str | None = None
    browser: str | None = None
    agent: str | None = None
