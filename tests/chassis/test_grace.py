"""After the store was out of reach a lease that ran out proves nothing, until who lives had time to renew it."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.grace import Grace

LEASE, SILENCE = 45.0, 22.5


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def heard_every(grace: Grace, clock: Clock, pause: float, seconds: float) -> None:
    until = clock.now + seconds
    while clock.now < until:
        clock.now += pause
        grace.heard()


def test_who_has_just_started_leaves_leases_that_ran_out_alone_for_one_lease() -> None:
    clock = Clock()
    grace = Grace(LEASE, SILENCE, clock)
    assert not grace.over
    grace.heard()
    heard_every(grace, clock, 1.0, LEASE - 1)
    assert not grace.over
    heard_every(grace, clock, 1.0, 1)
    assert grace.over


def test_a_store_that_answers_now_and_then_begins_no_grace() -> None:
    clock = Clock()
    grace = Grace(LEASE, SILENCE, clock)
    heard_every(grace, clock, SILENCE, 2 * LEASE)
    assert grace.over
    heard_every(grace, clock, SILENCE, 10 * LEASE)
    assert grace.over


def test_after_a_silence_it_begins_anew_and_nothing_is_trusted_during_it() -> None:
    clock = Clock()
    grace = Grace(LEASE, SILENCE, clock)
    grace.heard()
    heard_every(grace, clock, 1.0, LEASE)
    assert grace.over
    clock.now += SILENCE + 0.1
    assert not grace.over
    grace.heard()
    assert not grace.over
    heard_every(grace, clock, 1.0, LEASE)
    assert grace.over


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 60), min_size=1, max_size=60))
def test_it_is_over_only_when_the_store_answered_all_through_the_last_lease(pauses: list[float]) -> None:
    clock = Clock()
    grace, heard = Grace(LEASE, SILENCE, clock), list[float]()
    for pause in pauses:
        clock.now += pause
        if grace.over:
            lately = [clock.now - LEASE, *(at for at in heard if at > clock.now - LEASE), clock.now]
            assert all(after - before <= SILENCE for before, after in pairwise(lately[1:]))
            assert min(heard) <= clock.now - LEASE
        grace.heard()
        heard.append(clock.now)
