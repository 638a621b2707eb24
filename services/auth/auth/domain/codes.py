"""One-time codes: six digits, ten minutes, one use, five tries, five sends an hour.

Rule: patient journeys, "Connect". A challenge is one log-in attempt and its codes.
"""

import hmac
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

CODE_LIFE = timedelta(minutes=10)
ATTEMPT_LIFE = timedelta(minutes=30)
TRIES = 5
SENDS = 5
SENDS_WITHIN = timedelta(hours=1)
RESEND_AFTER = timedelta(seconds=30)

Channel = Literal["email", "sms"]

_SIX_DIGITS = re.compile(r"(?<!\d)(\d{3})[\s.\-\u00a0\u202f]?(\d{3})(?!\d)", re.ASCII)
_LONGEST_TYPED = 300


class Outcome(StrEnum):
    """What became of a try."""

    RIGHT = "right"
    WRONG = "wrong"
    NO_TRY_LEFT = "no-try-left"


class SentCode(Struct, frozen=True, kw_only=True):
    """One code that was sent, known only by its keyed hash."""

    digest: bytes
    expires_at: datetime


class Challenge(Struct, frozen=True, kw_only=True):
    """One log-in attempt after the right password, in one browser."""

    id: str
    patient_id: str
    destination: str
    started_at: datetime
    ends_at: datetime
    channel: Channel | None = None
    last_sent_at: datetime | None = None
    codes: tuple[SentCode, ...] = ()
    tries_left: int = TRIES
    used_at: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        """Whether a code may still be asked for or tried."""
        return self.used_at is None and at < self.ends_at and self.tries_left > 0

    def resend_from(self) -> datetime | None:
        """From when another code may be asked for, None if none was sent yet."""
        return None if self.last_sent_at is None else self.last_sent_at + RESEND_AFTER

    def with_code(self, digest: bytes, channel: Channel, at: datetime) -> "Challenge":
        """After sending one more code; those still valid stay so."""
        fresh = tuple(code for code in self.codes if at < code.expires_at)
        sent = SentCode(digest=digest, expires_at=at + CODE_LIFE)
        return replace(self, codes=(*fresh, sent), channel=channel, last_sent_at=at)

    def tried(self, digest: bytes, at: datetime) -> tuple["Challenge", Outcome]:
        """After one try: every unexpired code of the attempt opens, once; a wrong one costs a try."""
        if not self.is_open(at):
            return self, Outcome.NO_TRY_LEFT
        if _matches(digest, [code for code in self.codes if at < code.expires_at]):
            return replace(self, used_at=at, codes=()), Outcome.RIGHT
        after = replace(self, tries_left=self.tries_left - 1)
        return after, Outcome.WRONG if after.tries_left else Outcome.NO_TRY_LEFT


def _matches(digest: bytes, codes: Sequence[SentCode]) -> bool:
    return any(hmac.compare_digest(digest, code.digest) for code in codes)


def new_code(below: Callable[[int], int]) -> str:
    """Six random digits; `below(n)` draws from 0 to n − 1 (`secrets.randbelow`)."""
    return f"{below(1_000_000):06d}"


def digest_of(key: bytes, challenge_id: str, code: str) -> bytes:
    """The keyed hash under which a code is kept: HMAC-SHA256 over the challenge and the code."""
    return hmac.digest(key, f"{challenge_id}:{code}".encode(), "sha256")


def read_code(typed: str) -> str | None:
    """The code in what was typed or pasted ("Votre code : 034 567"); None if there isn't exactly one."""
    if len(typed) > _LONGEST_TYPED:
        return None
    found = {first + second for first, second in _SIX_DIGITS.findall(typed)}
    return found.pop() if len(found) == 1 else None


def digits_in(typed: str) -> int:
    """How many digits were typed, to say how many are missing."""
    return sum(character in "0123456789" for character in typed[:_LONGEST_TYPED])


def next_send(sends: Sequence[datetime], at: datetime) -> datetime | None:
    """From when another code may be sent, given the account's sends; None when it may now."""
    recent = recent_sends(sends, at)
    return recent[-SENDS] + SENDS_WITHIN if len(recent) >= SENDS else None


def recent_sends(sends: Sequence[datetime], at: datetime) -> list[datetime]:
    """The sends that still count, oldest first."""
    return sorted(sent for sent in sends if sent > at - SENDS_WITHIN)
