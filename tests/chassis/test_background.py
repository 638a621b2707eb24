"""Loops beside the requests: they survive whatever a turn does, and end when told."""

import asyncio

import pytest

from chassis.background import Loop
from chassis.errors import BackingServiceAway


class Turns:
    """Turns that fail as told, then go on for ever."""

    def __init__(self, *errors: BaseException) -> None:
        self.count = 0
        self.enough = asyncio.Event()
        self._errors = list(errors)

    async def __call__(self) -> None:
        self.count += 1
        if self._errors:
            raise self._errors.pop(0)
        self.enough.set()
        await asyncio.sleep(3600)


@pytest.mark.parametrize("error", [ValueError("unforeseen"), asyncio.CancelledError("a client's own task")])
async def test_a_loop_goes_on_after_a_turn_that_failed(error: BaseException) -> None:
    turns = Turns(error)
    loop = Loop("turning", turns)
    loop.start()

    await asyncio.wait_for(turns.enough.wait(), 5.0)

    assert turns.count == 2
    assert loop.running
    await loop.stop()


async def test_a_loop_ends_in_the_middle_of_a_turn_when_told() -> None:
    turns = Turns()
    loop = Loop("turning", turns)
    loop.start()
    await asyncio.wait_for(turns.enough.wait(), 5.0)

    await loop.stop()

    assert not loop.running
    assert await loop.check() == "turning has stopped"


async def test_what_is_away_is_said_once_however_often_it_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("chassis.background.log.warning", lambda event, **_: said.append(event))
    turns = Turns(BackingServiceAway("bus"), BackingServiceAway("bus"), BackingServiceAway("bus"))
    loop = Loop("turning", turns)
    loop.start()
    await asyncio.wait_for(turns.enough.wait(), 10.0)

    assert said == ["loop.away"]
    await loop.stop()


async def test_another_service_that_is_away_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("chassis.background.log.warning", lambda event, **more: said.append(more["what"]))
    turns = Turns(BackingServiceAway("bus"), BackingServiceAway("bus"), BackingServiceAway("objects"))
    loop = Loop("turning", turns)
    loop.start()
    await asyncio.wait_for(turns.enough.wait(), 10.0)

    assert said == ["bus is away", "objects is away"]
    await loop.stop()
