"""How much may be sent in how much time, so that nobody, and no fault of ours, floods a professional."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from msgspec import Struct

from contracts.base import Instant


class Allowance(Struct, frozen=True):
    """At most `replies` in any stretch of `within`. None at all is no limit."""

    replies: int
    within: timedelta


class Allowances(Struct, frozen=True, kw_only=True):
    """What one patient may send, and what one professional may be sent by all patients together."""

    by_patient: tuple[Allowance, ...] = ()
    to_professional: tuple[Allowance, ...] = ()


NO_LIMITS = Allowances()


def looks_at(allowances: Iterable[Allowance]) -> tuple[int, timedelta]:
    """How many of the latest replies decide, and how far back. (0, …) when nothing is limited."""
    limited = [one for one in allowances if one.replies]
    most = max((one.replies for one in limited), default=0)
    return most, max((one.within for one in limited), default=timedelta())


def latest_of(sent: Iterable[Instant], allowances: Iterable[Allowance], at: Instant) -> Sequence[Instant]:
    """Those of these instants that can still count at `at` or later, latest first. None if nothing is limited."""
    most, within = looks_at(allowances)
    return sorted((one for one in sent if one + within > at), reverse=True)[:most]


def free_again(sent: Iterable[Instant], allowances: Sequence[Allowance], at: Instant) -> Instant | None:
    """When one more may leave after those sent at these instants; None when it may now."""
    latest = sorted(sent, reverse=True)
    waits = [
        latest[one.replies - 1] + one.within
        for one in allowances
        if 0 < one.replies <= len(latest) and latest[one.replies - 1] + one.within > at
    ]
    return max(waits, default=None)
