"""A reply's states in words, and what can be done about each."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from contracts.messaging import DeliveryState
from messaging.domain.consignment import Delivery
from messaging.domain.delivery import LATE_AFTER
from messaging.web import words

SETTLED: frozenset[DeliveryState] = frozenset({"read", "failed", "given-up"})


class StateShown(Struct, frozen=True, kw_only=True):
    """One recipient's state in words, with its tone (`good`, `bad` or `quiet`) and what can be done about it.

    `says_when`: the words themselves tell the instant.
    """

    id: str
    text: str
    name: str
    tone: str
    at: datetime
    reason: str | None
    says_when: bool
    may_retry: bool
    may_stop: bool


class StatesShown(Struct, frozen=True, kw_only=True):
    """A reply's state for each recipient. `settled` when the page need not ask again."""

    rows: tuple[StateShown, ...]
    settled: bool


def states_shown(deliveries: Sequence[Delivery], at: datetime) -> StatesShown:
    """How far a reply has come for each recipient."""
    rows = tuple(_state_shown(delivery, at) for delivery in deliveries)
    return StatesShown(rows=rows, settled=all(one.reply_state in SETTLED for one in deliveries))


def _state_shown(delivery: Delivery, now: datetime) -> StateShown:
    """How far it has come for one recipient. Without a receipt nothing is said about reading."""
    state = delivery.reply_state
    late = delivery.is_open and now - delivery.began_at > LATE_AFTER
    return StateShown(
        id=delivery.id,
        text=words.DELIVERY_LATE if late else words.DELIVERY_WORDS[state],
        name=delivery.recipient.name,
        tone=words.DELIVERY_TONES.get(state, "quiet"),
        at=delivery.changed_at,
        reason=words.DELIVERY_REASONS.get(delivery.reason or "") if state in words.FAILED else None,
        says_when=state == "read",
        may_retry=state in words.FAILED,
        may_stop=late or delivery.needs_a_decision,
    )
