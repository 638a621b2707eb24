"""How often one sender may come, and that counting who comes costs no more than it may."""

from hypothesis import given
from hypothesis import strategies as st

from messaging.door.arrivals import MINUTE, Arrivals
from messaging.door.metrics import TURNED_AWAY
from messaging.door.room import peer_of
from messaging.door.vessels import Flow, Vessels
from tests.messaging.mail.doorstep import HEAD, House
from tests.messaging.mail.test_meter import Clock

PEERS = st.sampled_from(["one", "two", "three"])


def test_a_peer_that_came_too_often_waits_while_others_come_as_they_like() -> None:
    clock = Clock()
    arrivals = Arrivals(3, clock)
    assert [arrivals.may_come("one") for _ in range(4)] == [True, True, True, False]
    assert all(arrivals.may_come(other) for other in ("two", "three") for _ in range(3))
    clock.now += MINUTE / 3
    assert [arrivals.may_come("one") for _ in range(2)] == [True, False]


def test_the_whole_of_one_subscribers_ipv6_network_is_one_peer() -> None:
    arrivals = Arrivals(2, Clock())
    came = [arrivals.may_come(peer_of((f"2001:db8::{one:x}", 25, 0, 0))) for one in range(1, 5)]
    assert came == [True, True, False, False]
    assert arrivals.may_come(peer_of(("2001:db8:0:1::1", 25, 0, 0)))


def test_who_keeps_knocking_is_let_in_as_often_as_anybody() -> None:
    clock = Clock()
    arrivals, came = Arrivals(6, clock), 0
    for _ in range(600):
        came += arrivals.may_come("one")
        clock.now += 1.0
    assert 6 + 600 / 10 - 1 <= came <= 6 + 600 / 10


@given(st.lists(st.tuples(PEERS, st.floats(0, 20)), max_size=300))
def test_whoever_else_comes_a_peer_is_let_in_as_if_it_were_alone(comings: list[tuple[str, float]]) -> None:
    clock = Clock()
    together = Arrivals(4, clock)
    alone = {peer: Arrivals(4, clock) for peer in ("one", "two", "three")}
    let_in = list[tuple[str, float]]()
    for peer, pause in comings:
        clock.now += pause
        came = together.may_come(peer)
        assert came == alone[peer].may_come(peer)
        if came:
            let_in.append((peer, clock.now))
    for peer, since in let_in:
        assert sum(one == peer and since <= at < since + MINUTE for one, at in let_in) <= 8


def test_however_many_peers_come_only_so_many_are_counted_and_the_latest_of_them() -> None:
    vessels = Vessels(Flow(2, MINUTE), most_peers=100)
    for peer in range(5_000):
        vessels.fill(str(peer), 2, peer / 1_000)
        assert len(vessels) <= 100
    assert all(vessels.is_full(str(peer), 5.0) for peer in range(4_900, 5_000))
    vessels.fill("new", 1, 5.0 + MINUTE)
    assert len(vessels) == 1


async def test_one_connection_too_many_in_a_minute_hears_what_to_do_and_comes_in_later(house: House) -> None:
    house.connections_a_minute = 3
    await house.reopen()
    before = TURNED_AWAY.labels("hurried")._value.get()
    first = await house.client()
    for _ in range(2):
        (await house.client()).writer.close()
    refused = await house.client()
    assert house.greeting == (
        "421 4.7.0 Too many new connections, send several letters over each and try again in a minute"
    )
    assert await refused.reply() == ""
    assert TURNED_AWAY.labels("hurried")._value.get() == before + 1
    assert (await first.send(HEAD)).startswith("250")
    house.seconds += MINUTE / 3
    assert (await (await house.client()).send(HEAD)).startswith("250")
