"""The door's log when the bus says nothing."""

import asyncio
from typing import Any

import pytest

from chassis.clock import now
from chassis.errors import BackingServiceAway
from chassis.ids import new_id
from contracts.messaging import NoticeReturnTaken
from messaging.intake import Intake


class Producer:
    """Acknowledges what it is given, or never says anything again."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        self.stopped = False

    async def send(self, *_: Any, **__: Any) -> "asyncio.Future[None]":
        said: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not self.silent:
            said.set_result(None)
        return said

    async def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def producers(monkeypatch: pytest.MonkeyPatch) -> list[Producer]:
    """The producers that will be built, one after the other."""
    coming = [Producer(silent=True), Producer(silent=False)]
    left = iter(coming)

    async def started_producer(_: object, **__: object) -> Producer:
        return next(left)

    monkeypatch.setattr("chassis.bus.client.started_producer", started_producer)
    monkeypatch.setattr("messaging.intake.ACKNOWLEDGED_WITHIN", 0.01)
    return coming


async def test_a_producer_that_says_nothing_for_long_is_replaced(
    producers: list[Producer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.bus.client.SILENT_AFTER", 0.0)
    intake = await _started()
    with pytest.raises(BackingServiceAway):
        await intake.append([_taken()])
    await intake.append([_taken()])
    assert producers[0].stopped


async def test_a_producer_that_is_slow_once_is_kept(producers: list[Producer]) -> None:
    intake = await _started()
    with pytest.raises(BackingServiceAway):
        await intake.append([_taken()])
    producers[0].silent = False
    await intake.append([_taken()])
    assert not producers[0].stopped


async def _started() -> Intake:
    settings: Any = type("Settings", (), {"service": "messaging"})()
    intake = Intake(settings)
    await intake.start()
    return intake


def _taken() -> NoticeReturnTaken:
    ids = {"intake_id": new_id(), "notice_id": new_id()}
    return NoticeReturnTaken(**ids, object_key="incoming/1", size=1, taken_at=now())
