"""A reply's state for one recipient: what was heard of it, in whatever order, and what stands then.

Attempts, reports, receipts and the patient's own decisions come late, twice and out of order. So what is kept
is which facts were heard and when; the state follows from them by one table. Adding a fact is commutative and
idempotent, and a state never depends on the order of arrival.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from contracts.base import Instant
from contracts.messaging import DeliveryState
from messaging.domain.reasons import DeliveryReason

GIVE_UP_AFTER = timedelta(hours=48)
LATE_AFTER = timedelta(hours=4)


class Fact(StrEnum):
    """What can be heard of a reply on its way to one recipient."""

    TRIED = "tried"
    """An attempt ended without an answer for good."""
    ACCEPTED = "accepted"
    """The peer's 250."""
    FAILED = "failed"
    """The peer's 5xx, a report of failure, or a reply that cannot be composed."""
    EXPIRED = "expired"
    """48 hours of attempts."""
    GIVEN_UP = "given-up"
    """The patient wants no more of it."""
    RETRIED = "retried"
    """The patient wants it tried again: what was heard before counts no more, except that it arrived."""
    DELIVERED = "delivered"
    """A report that it lies in the mailbox."""
    READ = "read"
    """A read receipt."""


class Heard(Struct, frozen=True, kw_only=True):
    """A fact, since when it is so, and why when there is a reason.

    A failure counts from the beginning of its round of attempts; `told_at` is then when it was heard of.
    """

    fact: Fact
    at: Instant
    reason: str | None = None
    told_at: Instant | None = None

    @property
    def known_at(self) -> Instant:
        """When it was heard of."""
        return self.told_at or self.at


STANDS: Sequence[tuple[frozenset[Fact], DeliveryState]] = (
    (frozenset({Fact.READ}), "read"),
    (frozenset({Fact.DELIVERED}), "delivered"),
    (frozenset({Fact.FAILED, Fact.GIVEN_UP}), "given-up"),
    (frozenset({Fact.FAILED}), "failed"),
    (frozenset({Fact.ACCEPTED}), "accepted"),
    (frozenset({Fact.GIVEN_UP}), "given-up"),
    (frozenset({Fact.EXPIRED}), "given-up"),
    (frozenset({Fact.TRIED}), "sending"),
    (frozenset(), "queued"),
)
"""The first line whose facts have all been heard tells the state.

What arrived stays arrived: a failure reported afterwards concerns a forwarding beyond the mailbox, or a second
copy. A failure reported after the 250 counts. What left in spite of the patient's change of mind has left.
"""
_FOR_EVER = frozenset({Fact.READ, Fact.DELIVERED})
OPEN: frozenset[DeliveryState] = frozenset({"queued", "sending"})
"""States in which the road still has something to do."""


def with_fact(facts: Sequence[Heard], news: Heard) -> tuple[Heard, ...]:
    """The facts with one more: of an arrival the first counts, of anything else the last, as it was first told."""
    known = {heard.fact: heard for heard in facts}
    before = known.get(news.fact)
    if before is not None:
        choose = min if news.fact in _FOR_EVER else max
        news = choose(before, news, key=lambda heard: (heard.at, heard.at - heard.known_at, heard.reason or ""))
    known[news.fact] = news
    return tuple(known[fact] for fact in sorted(known))


def standing(facts: Iterable[Heard]) -> Mapping[Fact, Heard]:
    """The facts that count: of those before the patient's last retry, only that it arrived."""
    known = {heard.fact: heard for heard in facts}
    retried = known.pop(Fact.RETRIED, None)
    return {
        fact: heard
        for fact, heard in known.items()
        if retried is None or fact in _FOR_EVER or heard.at >= retried.at
    }


def state_of(facts: Iterable[Heard]) -> DeliveryState:
    """The state that these facts make."""
    known = standing(facts).keys()
    return next(state for needed, state in STANDS if needed <= known)


def decisive(facts: Iterable[Heard]) -> Heard | None:
    """The fact by which the state is what it is; None while nothing was heard."""
    known = standing(facts)
    needed = next(needed for needed, _ in STANDS if needed <= known.keys())
    return max((known[fact] for fact in needed), key=lambda heard: (heard.at, heard.fact), default=None)


def reason_of(facts: Iterable[Heard]) -> str | None:
    """Why it did not arrive, as a code; None while it may."""
    known = standing(facts)
    if state_of(known.values()) not in ("failed", "given-up"):
        return None
    told = [known[fact].reason for fact in (Fact.FAILED, Fact.EXPIRED) if fact in known]
    return next((reason for reason in told if reason), DeliveryReason.GIVEN_UP)


def needs_a_decision(facts: Iterable[Heard]) -> bool:
    """Whether it did not arrive and the patient has not said what to do about it."""
    known = standing(facts)
    return state_of(known.values()) in ("failed", "given-up") and Fact.GIVEN_UP not in known


def pause_after(attempts: int) -> timedelta:
    """How long to wait after this many failed attempts, before jitter: 20 s, doubling, at most 1 h."""
    doublings = min(max(attempts - 1, 0), 8)
    return min(timedelta(seconds=20 * (1 << doublings)), timedelta(hours=1))
