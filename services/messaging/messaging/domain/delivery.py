"""A reply's state for one recipient: what may follow what, in one table."""

from collections.abc import Mapping
from datetime import timedelta

from contracts.messaging import DeliveryState

GIVE_UP_AFTER = timedelta(hours=48)
LATE_AFTER = timedelta(hours=4)

FOLLOWS: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    "queued": frozenset({"sending", "given-up"}),
    "sending": frozenset({"accepted", "failed", "given-up"}),
    "accepted": frozenset({"delivered", "read", "failed"}),
    "delivered": frozenset({"read"}),
    "read": frozenset(),
    "failed": frozenset(),
    "given-up": frozenset(),
}


def may_follow(state: DeliveryState, following: DeliveryState) -> bool:
    """Whether a reply in `state` can go to `following`."""
    return following in FOLLOWS[state]


def pause_after(attempts: int) -> timedelta:
    """How long to wait after this many failed attempts, before jitter: 20 s, doubling, at most 1 h."""
    doublings = min(max(attempts - 1, 0), 8)
    return min(timedelta(seconds=20 * (1 << doublings)), timedelta(hours=1))
