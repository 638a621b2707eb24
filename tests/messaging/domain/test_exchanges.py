"""An exchange is ended if the last end mark is not earlier than the last letter, however they arrived."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from messaging.domain.exchanges import ended, first_heard_of, wrote
from messaging.domain.model import Correspondent, Party

AT = datetime(2026, 11, 23, tzinfo=UTC)
PATIENT = new_id()
ADDRESS = "christelle@chu.mssante.fr"
Told = tuple[str, int, str, str | None]


def after(events: list[Told]) -> Correspondent:
    """The record once these (what, minute, name, Reply-To) were processed in this order."""
    record = None
    for what, minute, name, reply_to in events:
        party, at = Party(name=name, address=ADDRESS), AT + timedelta(minutes=minute)
        record = record or first_heard_of(PATIENT, party, at)
        record = ended(record, party, at) if what == "end" else wrote(record, party, reply_to, at)
    assert record is not None
    return record


def test_an_end_mark_after_the_last_letter_ends_the_exchange() -> None:
    assert after([("letter", 1, "C", None), ("end", 2, "C", None)]).ended_at == AT + timedelta(minutes=2)


def test_a_letter_after_the_end_mark_opens_it_again() -> None:
    assert not after([("letter", 1, "C", None), ("end", 2, "C", None), ("letter", 3, "C", None)]).ended


def test_a_message_that_is_also_an_end_mark_ends_it() -> None:
    assert after([("letter", 1, "C", None), ("end", 1, "C", None)]).ended


def test_an_end_mark_is_recorded_before_any_letter() -> None:
    assert after([("end", 2, "C", None)]).ended


told = st.tuples(
    st.sampled_from(["letter", "end"]),
    st.integers(0, 3),
    st.sampled_from(["Christelle", "C. Thomas"]),
    st.sampled_from([None, "cabinet@chu.mssante.fr"]),
)


@given(st.lists(told, min_size=1, max_size=4))
def test_the_order_and_number_of_arrivals_change_nothing(events: list[Told]) -> None:
    expected = after(events)
    for order in permutations(events):
        assert after([*order, order[0]]) == expected
