"""A reply's state for one recipient follows from what was heard of it, in whatever order and however often."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.domain.consignment import Delivery
from messaging.domain.delivery import STANDS, Fact, Heard, pause_after, state_of, with_fact
from messaging.domain.model import Party

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
FACTS = st.builds(
    Heard,
    fact=st.sampled_from(Fact),
    at=st.integers(0, 6).map(lambda minutes: AT + timedelta(minutes=minutes)),
    reason=st.sampled_from([None, "refused", "mailbox-full"]),
)
ARRIVED = {"delivered", "read"}


def heard(*facts: Heard) -> tuple[Heard, ...]:
    known: tuple[Heard, ...] = ()
    for fact in facts:
        known = with_fact(known, fact)
    return known


def fact(name: Fact, minute: int = 0, reason: str | None = None) -> Heard:
    return Heard(fact=name, at=AT + timedelta(minutes=minute), reason=reason)


def delivery(*facts: Heard) -> Delivery:
    way = Delivery(id="d", recipient=Party(name="A", address="a@b.fr"), queued_at=AT)
    for one in facts:
        way = way.hearing(one)
    return way


@given(st.lists(FACTS, max_size=8), st.data())
def test_the_same_facts_in_any_order_any_number_of_times_make_the_same_state(facts, data) -> None:
    shuffled = data.draw(
        st.permutations([*facts, *data.draw(st.lists(st.sampled_from(facts or [None]), max_size=4))])
    )
    shuffled = [one for one in shuffled if one is not None]
    assert heard(*facts) == heard(*shuffled)
    one, other = delivery(*facts), delivery(*shuffled)
    assert (one.reply_state, one.reason, one.changed_at) == (other.reply_state, other.reason, other.changed_at)


@given(st.lists(FACTS, max_size=12))
def test_what_arrived_stays_arrived_and_what_was_read_stays_read(facts) -> None:
    known: tuple[Heard, ...] = ()
    before = "queued"
    for one in facts:
        known = with_fact(known, one)
        after = state_of(known)
        assert before != "read" or after == "read"
        assert before != "delivered" or after in ARRIVED
        before = after


@given(st.lists(FACTS, max_size=10))
def test_each_change_of_state_is_a_revision_and_nothing_else_is(facts) -> None:
    way = delivery()
    for one in facts:
        after = way.hearing(one)
        differs = (after.reply_state, after.reason) != (way.reply_state, way.reason)
        assert after.revision == way.revision + differs
        way = after


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ((), "queued"),
        ((Fact.TRIED,), "sending"),
        ((Fact.TRIED, Fact.ACCEPTED), "accepted"),
        ((Fact.ACCEPTED, Fact.DELIVERED), "delivered"),
        ((Fact.ACCEPTED, Fact.READ), "read"),
        ((Fact.ACCEPTED, Fact.FAILED), "failed"),
        ((Fact.FAILED, Fact.GIVEN_UP), "given-up"),
        ((Fact.TRIED, Fact.EXPIRED), "given-up"),
        ((Fact.DELIVERED, Fact.FAILED), "delivered"),
        ((Fact.READ, Fact.FAILED), "read"),
        ((Fact.GIVEN_UP, Fact.ACCEPTED), "accepted"),
        ((Fact.FAILED, Fact.DELIVERED), "delivered"),
    ],
)
def test_what_stands_in_whatever_order_it_came(facts, state) -> None:
    for order in permutations(facts):
        assert state_of(heard(*(fact(one) for one in order))) == state


def test_a_retry_begins_anew_and_a_late_report_on_the_first_try_changes_nothing() -> None:
    tried_again = (fact(Fact.FAILED, 1, "refused"), fact(Fact.RETRIED, 5))
    assert delivery(*tried_again).reply_state == "queued"
    assert delivery(*tried_again, fact(Fact.FAILED, 2)).reply_state == "queued"
    assert delivery(*tried_again, fact(Fact.FAILED, 6)).reply_state == "failed"
    assert delivery(*tried_again, fact(Fact.DELIVERED, 2)).reply_state == "delivered"
    assert delivery(*tried_again).began_at == AT + timedelta(minutes=5)


def test_a_failure_waits_for_the_patient_until_they_decide() -> None:
    failed = delivery(fact(Fact.FAILED, 1, "mailbox-full"))
    assert failed.needs_a_decision and failed.reason == "mailbox-full"
    assert not failed.hearing(fact(Fact.GIVEN_UP, 2)).needs_a_decision
    assert not failed.hearing(fact(Fact.RETRIED, 2)).needs_a_decision
    assert delivery(fact(Fact.EXPIRED, 1, "too-late")).needs_a_decision
    assert not delivery(fact(Fact.ACCEPTED)).needs_a_decision


def test_the_table_ends_with_what_stands_when_nothing_was_heard() -> None:
    assert STANDS[-1] == (frozenset(), "queued")
    assert len({needed for needed, _ in STANDS}) == len(STANDS)


def test_pauses_between_attempts_grow_up_to_an_hour() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, 40)]
    assert pauses[0] == timedelta(seconds=20) and pauses[-1] == timedelta(hours=1)
    assert pauses == sorted(pauses)
