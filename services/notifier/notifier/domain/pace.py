"""How soon a notice is tried again, and how often a browser view may be asked for."""

from datetime import datetime, timedelta

from notifier.domain.notices import Kind

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = {Kind.CODE: timedelta(seconds=20)}
LONGEST_PAUSE_OF_OTHERS = timedelta(minutes=15)


def next_try(kind: Kind, at: datetime, attempts: int, jitter: float) -> datetime:
    """When to try again after `attempts` tries (from 1): doubling pauses, each ±50 % by `jitter` in [0, 1)."""
    pause: timedelta = min(
        FIRST_PAUSE * 2 ** min(attempts - 1, 16), LONGEST_PAUSE.get(kind, LONGEST_PAUSE_OF_OTHERS)
    )
    return at + (0.5 + jitter) * pause


class Allowance:
    """So many pieces of work a second, a second's worth in advance. `at` is any clock in seconds."""

    def __init__(self, rate: float, at: float) -> None:
        self._rate = rate
        self._left = max(rate, 1.0)
        self._at = at

    def spend(self, at: float) -> bool:
        """Take one piece; False when none is left."""
        gained = max(0.0, at - self._at) * self._rate
        self._left = min(max(self._rate, 1.0), self._left + gained)
        self._at = at
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
