"""Connections between two uses: taken again, or left when nobody takes them, whatever else happens or doesn't."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.idle import Idle

FOR_EVER = 3_600.0


class Left(list[str]):
    """The connections that were left, in their order."""

    async def leave(self, connection: str) -> None:
        self.append(connection)


@pytest.fixture
def left() -> Left:
    return Left()


async def test_the_one_used_last_is_taken_first_and_only_once(left: Left) -> None:
    idle = Idle(left.leave, FOR_EVER)
    idle.lay("chu", "first")
    idle.lay("chu", "second")
    idle.lay("labo", "another")
    assert [idle.take("chu") for _ in range(3)] == ["second", "first", None]
    assert idle.take("nowhere") is None
    await idle.close()
    assert left == ["another"]


async def test_one_that_nobody_takes_is_left_though_nothing_else_happens(left: Left) -> None:
    idle = Idle(left.leave, 0.03)
    idle.lay("chu", "first")
    await asyncio.sleep(0.01)
    idle.lay("labo", "second")
    async with asyncio.timeout(30):
        while len(left) < 2:
            await asyncio.sleep(0.005)
    assert left == ["first", "second"]
    idle.lay("chu", "third")
    async with asyncio.timeout(30):
        while len(left) < 3:
            await asyncio.sleep(0.005)
    assert idle.take("chu") is None


async def test_closing_waits_until_leave_is_taken_of_all() -> None:
    said: list[str] = []

    async def slowly(connection: str) -> None:
        await asyncio.sleep(0.01)
        said.append(connection)

    idle = Idle(slowly, FOR_EVER)
    for name in ("a", "b", "c"):
        idle.lay(name, name)
    await idle.close()
    assert sorted(said) == ["a", "b", "c"]
    assert idle.take("a") is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 15), st.sampled_from("ab"), st.booleans()), max_size=60))
def test_each_is_taken_or_left_once_and_none_is_taken_past_its_time(acts: list[tuple[float, str, bool]]) -> None:
    async def run() -> None:
        now, left, taken, laid = 0.0, Left(), list[str](), dict[str, float]()
        idle = Idle(left.leave, 20.0, lambda: now)
        for number, (pause, key, lays) in enumerate(acts):
            now += pause
            if lays:
                laid[str(number)] = now
                idle.lay(key, str(number))
            elif (found := idle.take(key)) is not None:
                assert now - laid[found] < 20.0
                taken.append(found)
        await idle.close()
        assert sorted([*taken, *left]) == sorted(laid)

    asyncio.run(run())
