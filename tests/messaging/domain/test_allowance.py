"""No more leaves in a stretch of time than is allowed, and it is said when one more may."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from messaging.domain.allowance import Allowance, free_again, latest_of, looks_at

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
HOURLY, DAILY = Allowance(3, timedelta(hours=1)), Allowance(5, timedelta(days=1))


def before(*minutes: int) -> list[datetime]:
    return [AT - timedelta(minutes=each) for each in minutes]


def test_what_is_within_the_allowance_may_leave_now() -> None:
    assert free_again([], [HOURLY, DAILY], AT) is None
    assert free_again(before(10, 20), [HOURLY], AT) is None
    assert free_again(before(10, 20, 60), [HOURLY], AT) is None


def test_one_more_may_leave_when_the_oldest_that_counts_is_old_enough() -> None:
    assert free_again(before(10, 20, 50), [HOURLY], AT) == AT + timedelta(minutes=10)
    assert free_again(before(50, 10, 20), [HOURLY], AT) == AT + timedelta(minutes=10)


def test_the_stricter_of_several_allowances_decides() -> None:
    sent = before(10, 20, 50, 300, 400)
    assert free_again(sent, [HOURLY, DAILY], AT) == AT - timedelta(minutes=400) + timedelta(days=1)


def test_nothing_is_limited_by_zero() -> None:
    assert free_again(before(*range(500)), [Allowance(0, timedelta(days=1))], AT) is None
    assert looks_at([Allowance(0, timedelta(days=9))]) == (0, timedelta())
    assert looks_at([HOURLY, DAILY]) == (5, timedelta(days=1))


def test_only_what_can_still_count_is_kept() -> None:
    assert latest_of(before(10, 59, 60, 61), [HOURLY], AT) == before(10, 59)
    assert latest_of(before(*range(9, 0, -1)), [HOURLY, DAILY], AT) == before(1, 2, 3, 4, 5)
    assert latest_of(before(1), [Allowance(0, timedelta(days=1))], AT) == []


@given(st.lists(st.integers(0, 300), max_size=60))
def test_sending_whenever_it_is_allowed_never_passes_the_allowance(waits) -> None:
    sent: list[datetime] = []
    kept: list[datetime] = []
    clock = AT
    for wait in waits:
        clock += timedelta(minutes=wait)
        if free_again(kept, [HOURLY], clock) is None:
            sent.append(clock)
            kept = list(latest_of([*kept, clock], [HOURLY], clock))
    for one in sent:
        assert sum(one <= other < one + HOURLY.within for other in sent) <= HOURLY.replies
