"""How much may come in an hour, from one sender and from all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.door.meter import HOUR, Meter, Volume
from tests.messaging.mail.doorstep import HEAD, House


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_peer_that_brought_its_volume_waits_while_others_may_go_on() -> None:
    clock = Clock()
    meter = Meter(Volume(all=10_000, peer=1_000), clock)
    meter.brought("one", 1_000)
    assert not meter.has_room("one") and meter.has_room("other")
    clock.now += HOUR / 2
    assert meter.has_room("one")
    meter.brought("one", 500)
    assert not meter.has_room("one")


def test_over_all_no_more_comes_than_the_house_can_hold() -> None:
    meter = Meter(Volume(all=1_000, peer=1_000), Clock())
    for peer in range(10):
        meter.brought(str(peer), 100)
    assert not meter.has_room("another")


@given(st.lists(st.tuples(st.floats(0, 600), st.integers(1, 400)), max_size=200))
def test_no_hour_brings_more_than_twice_the_volume_and_one_letter(comings: list[tuple[float, int]]) -> None:
    """What fills at once and empties evenly lets through one volume at once, one more within the hour."""
    clock, taken = Clock(), list[tuple[float, int]]()
    meter = Meter(Volume(all=10**9, peer=1_000), clock)
    for pause, size in comings:
        clock.now += pause
        if meter.has_room("one"):
            meter.brought("one", size)
            taken.append((clock.now, size))
    for start, _ in taken:
        assert sum(size for at, size in taken if start <= at < start + HOUR) <= 2_000 + 400


def test_who_has_not_come_for_an_hour_is_forgotten() -> None:
    clock = Clock()
    meter = Meter(Volume(all=10**9, peer=1_000), clock)
    for peer in range(500):
        meter.brought(str(peer), 1_000)
    clock.now += HOUR
    meter.brought("new", 1)
    assert len(meter._peers) == 1


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_sender_of_too_many_bytes_hears_it_before_the_next_letter_and_may_come_back(
    house: House, chunked: bool
) -> None:
    house.volume = Volume(all=10**9, peer=100_000)
    await house.reopen()
    client = await house.client()
    letter = HEAD + b"\r\n" + b"x" * 100_000
    if chunked:
        await client.say(b"EHLO sender")
        await client.say(b"MAIL FROM:<christelle@chu.mssante.fr>")
        await client.say(b"RCPT TO:<postmaster>")
        client.writer.write(b"BDAT %d LAST\r\n" % len(letter) + letter)
        assert (await client.reply()).startswith("250")
    else:
        assert (await client.send(letter)).startswith("250")
    assert (await client.say(b"MAIL FROM:<christelle@chu.mssante.fr>")).startswith("451 4.7.1")
    house.seconds += HOUR
    assert (await client.say(b"MAIL FROM:<christelle@chu.mssante.fr>")).startswith("250")
