"""Several lanes send by one producer, and none cuts another's sending."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, OutOfOrderSequenceNumber

from chassis.bus.dead_letters import DeadLetters, Reason
from chassis.bus.producing import Producing
from chassis.bus.subscription import Raw
from chassis.errors import BackingServiceAway

RAW = Raw(topic="t", partition=0, offset=1, key=b"k", value=b"v", headers=())


class Producer:
    """Acknowledges when it is told to; once it is stopped, whatever still waits is cut."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []
        self.stopped = False

    async def send_and_wait(self, *_: Any, **__: Any) -> None:
        self.waiting.append(asyncio.get_running_loop().create_future())
        await self.waiting[-1]

    async def stop(self) -> None:
        self.stopped = True
        for one in self.waiting:
            one.cancel()


class Bus:
    """Builds producers, unless it is away."""

    def __init__(self) -> None:
        self.built: list[Producer] = []
        self.away = False

    async def started_producer(self, _: object, **__: object) -> Producer:
        await asyncio.sleep(0)
        if self.away:
            raise KafkaConnectionError("away")
        self.built.append(Producer())
        return self.built[-1]


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    bus = Bus()
    monkeypatch.setattr("chassis.bus.client.started_producer", bus.started_producer)
    return bus


@pytest.fixture
def settings() -> Any:
    return type("Settings", (), {"service": "trial"})()


async def _sent(count: int, bus: Bus) -> None:
    while sum(len(one.waiting) for one in bus.built) < count:
        await asyncio.sleep(0)


async def test_lanes_that_begin_together_build_one_producer(bus: Bus, settings: Any) -> None:
    letters = DeadLetters(settings)
    await asyncio.gather(*(letters.start() for _ in range(8)))
    await letters.stop()
    assert [one.stopped for one in bus.built] == [True]


async def test_a_lane_whose_sending_failed_for_good_cuts_no_other_s(bus: Bus, settings: Any) -> None:
    letters = DeadLetters(settings)
    first, second = (
        asyncio.create_task(letters.bury(RAW, "group", Reason(code="no", attempts=1))) for _ in range(2)
    )
    await _sent(2, bus)
    [producer] = bus.built
    producer.waiting[0].set_exception(OutOfOrderSequenceNumber())
    with pytest.raises(BackingServiceAway):
        await first
    third = asyncio.create_task(letters.bury(RAW, "group", Reason(code="no", attempts=1)))
    await _sent(3, bus)
    assert not producer.stopped
    producer.waiting[1].set_result(None)
    await second
    assert producer.stopped
    bus.built[1].waiting[0].set_result(None)
    await third
    await letters.stop()
    assert [one.stopped for one in bus.built] == [True, True]


async def test_a_bus_that_was_away_when_it_was_asked_for_is_asked_again(bus: Bus, settings: Any) -> None:
    producing, bus.away = Producing(settings), True
    for answer in await asyncio.gather(*(producing.connected() for _ in range(3)), return_exceptions=True):
        assert isinstance(answer, BackingServiceAway)
    bus.away = False
    await producing.connected()
    assert len(bus.built) == 1
