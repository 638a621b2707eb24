"""The address under which a notice can be read in a browser: unguessable, kept as a hash, for 30 days."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

VIEW_HOLDS = timedelta(days=30)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_PURPOSE = b"pli notice view v1"


def view_key(secret: bytes) -> bytes:
    """A key for tokens alone, drawn from the service's secret (32 bytes)."""
    return hmac.digest(secret, _PURPOSE, "sha256")


def view_token(key: bytes, notice_id: str) -> str:
    """The token of a notice: 256 bits that nobody makes without `key`.

    It is made again for each try of the same notice, so that it rests nowhere and a second try, with the
    same Message-ID, carries the same address.
    """
    digest = hmac.digest(key, notice_id.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def kept_token(keys: Sequence[bytes], notice_id: str, kept_hash: str | None) -> str:
    """The token whose hash was kept when the notice was queued, whichever of the keys was current then.

    The first key's where none of them made it: a reply's notice has no view, and an old key may be gone.
    """
    tokens = [view_token(key, notice_id) for key in keys]
    return next((token for token in tokens if view_hash(token) == kept_hash), tokens[0])


def view_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def looks_like_token(text: str) -> bool:
    """Whether it is worth a look into the store."""
    return _TOKEN.fullmatch(text) is not None


def may_be_viewed(queued_at: datetime, at: datetime) -> bool:
    """Whether a notice may still be read in a browser."""
    return at - queued_at <= VIEW_HOLDS
