"""What the figures of a bus mean."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.figures import lag_of
from tests.console.fakes import snapshot_of

AT = datetime(2026, 6, 9, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begin", "end", "committed", "lag"),
    [
        (0, 10, {0: 4}, 6),
        (0, 10, {0: 10}, 0),
        (0, 10, {}, 10),
        (3, 10, {}, 7),
        (5, 10, {0: 2}, 5),
        (0, 0, {}, 0),
        (0, 5, {0: 9}, 0),
    ],
)
def test_lag_is_what_a_group_has_still_to_read(begin: int, end: int, committed: dict[int, int], lag: int) -> None:
    assert lag_of({0: begin}, {0: end}, committed) == {0: lag}


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 300))
def test_lag_is_never_negative_nor_more_than_is_kept(begin: int, more: int, committed: int) -> None:
    (lag,) = lag_of({0: begin}, {0: begin + more}, {0: committed}).values()
    assert 0 <= lag <= more


def test_dead_letters_are_counted_by_topic() -> None:
    snapshot = snapshot_of({"messaging.dead-letters": (2, 5)}, at=AT)
    assert snapshot.dead_letters["messaging.dead-letters"] == 3
    assert snapshot.dead_letters["auth.dead-letters"] == 0
    assert len(snapshot.dead_letters) == 5


def test_a_topic_without_groups_has_no_lag() -> None:
    snapshot = snapshot_of({"synthesis.events": (0, 7)}, at=AT)
    assert snapshot.lag_on("synthesis.events") == 7
    assert snapshot.lag_on("messaging.audit") is None


def test_figures_are_the_present_for_15_seconds() -> None:
    snapshot = snapshot_of({}, at=AT)
    assert snapshot.is_fresh(AT + timedelta(seconds=15))
    assert not snapshot.is_fresh(AT + timedelta(seconds=16))
