"""What a browser or a person holds, and the hashes under which we remember it."""

import hmac
import secrets
from hashlib import sha256

from msgspec import Struct


class Handle(Struct, frozen=True):
    """An opaque random secret for a cookie, and the hash that is kept."""

    secret: str
    digest: bytes


def new_handle() -> Handle:
    """A secret of 256 random bits."""
    secret = secrets.token_urlsafe(32)
    return Handle(secret, digest_of(secret))


def digest_of(secret: str) -> bytes:
    """The hash of a cookie's secret; 256 random bits need no key."""
    return sha256(secret.encode()).digest()


class KeyedHash:
    """Keyed hashes of what has too little randomness to be hashed alone."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    def of(self, kind: str, value: str) -> bytes:
        """HMAC-SHA256 of a value of one kind (`identifier`, `activation`, `peer`)."""
        return hmac.digest(self.key, f"{kind}:{value}".encode(), "sha256")
