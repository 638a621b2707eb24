"""Slowing down who guesses passwords, without letting a stranger lock the patient out.

After ten failures on an identifier, each further try from a browser it never logged in from must wait for
a while. The wait belongs to the caller's address as well, so a stranger's tries don't postpone those of the
patient elsewhere, and a browser that once logged in never waits. Unknown identifiers are slowed alike.
"""

from datetime import datetime, timedelta

from msgspec import Struct

FREE_FAILURES = 10
SHORTEST = timedelta(seconds=5)
LONGEST = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(hours=24)


class Failures(Struct, frozen=True, kw_only=True):
    """The failures on one identifier, and when this caller last failed on it."""

    count: int = 0
    last_here: datetime | None = None


def may_try_at(failures: Failures, known_browser: bool) -> datetime | None:
    """From when the next try is looked at; None when at once."""
    if known_browser or failures.last_here is None or failures.count < FREE_FAILURES:
        return None
    return failures.last_here + wait_after(failures.count)


def wait_after(count: int) -> timedelta:
    """5 seconds after the tenth failure, doubling with each, 5 minutes at most."""
    doublings = min(max(count - FREE_FAILURES, 0), 16)
    return min(SHORTEST * (1 << doublings), LONGEST)
