"""When lanes begin, and whose records are processed together."""

import asyncio
from collections.abc import Sequence

import pytest

from chassis.bus import Handling, Ready, Subscription
from chassis.bus.pace import SETTLES, Pace
from chassis.bus.subscription import Raw
from chassis.errors import BackingServiceAway
from chassis.store import Tx
from contracts.documents import DocumentHandedOver
from contracts.messaging import LetterTaken

INTERVAL = 0.1


class Time:
    """A clock that moves only when a test moves it, or with whoever waits for it."""

    def __init__(self) -> None:
        self.at = 1_000.0
        self.waits: list[float] = []
        self.gate: asyncio.Event | None = None

    def now(self) -> float:
        return self.at

    async def wait(self, seconds: float) -> None:
        self.waits.append(round(seconds, 6))
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.at += seconds


class Processings:
    """What was processed, alone or together; it may fail, or take its time."""

    def __init__(self) -> None:
        self.alone: list[list[int]] = []
        self.joint: list[list[int]] = []
        self.succeeds = True
        self.error: BaseException | None = None
        self.hold: asyncio.Event | None = None

    async def batch(self, raws: Sequence[Raw]) -> None:
        self.alone.append([raw.offset for raw in raws])

    async def together(self, raws: Sequence[Raw]) -> bool:
        self.joint.append([raw.offset for raw in raws])
        if self.hold is not None:
            await self.hold.wait()
        if self.error is not None:
            raise self.error
        return self.succeeds


class Records:
    """What has been fetched for a lane so far."""

    def __init__(self, *offsets: int) -> None:
        self.offsets = list(offsets)
        self.error: Exception | None = None

    async def take(self) -> list[Raw]:
        if self.error is not None:
            raise self.error
        return [raw(offset) for offset in self.offsets]


def raw(offset: int) -> Raw:
    return Raw(topic="trial.events", partition=0, offset=offset, key=None, value=None, headers=())


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def done() -> Processings:
    return Processings()


@pytest.fixture
async def pace(time: Time, done: Processings) -> Pace:
    return Pace(done, interval=INTERVAL, most=4, clock=time.now, wait=time.wait)


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_comes_after_a_pause_is_taken_at_once(pace: Pace, time: Time, done: Processings) -> None:
    await pace.process(Records(1).take)
    time.at += INTERVAL
    await pace.process(Records(2).take)
    assert done.alone == [[1], [2]]
    assert time.waits == [SETTLES, SETTLES]


async def test_what_comes_soon_after_waits_until_the_interval_is_over(
    pace: Pace, time: Time, done: Processings
) -> None:
    await pace.process(Records(1).take)
    time.at += 0.03
    await pace.process(Records(2).take)
    assert time.waits == [SETTLES, pytest.approx(INTERVAL - 0.03)]
    assert done.alone == [[1], [2]]


async def test_what_comes_while_a_lane_waits_is_taken_with_it(pace: Pace, time: Time, done: Processings) -> None:
    time.gate, records = asyncio.Event(), Records(1)
    lane = asyncio.create_task(pace.process(records.take))
    await turns()
    records.offsets.append(2)
    time.gate.set()
    await lane
    assert done.alone == [[1, 2]]


async def test_lanes_that_wait_begin_together(pace: Pace, time: Time, done: Processings) -> None:
    time.gate = asyncio.Event()
    lanes = [asyncio.create_task(pace.process(Records(offset).take)) for offset in (1, 2)]
    await turns()
    time.gate.set()
    await asyncio.gather(*lanes)
    assert (done.joint, done.alone) == ([[1, 2]], [])
    assert len(time.waits) == 1


async def test_a_lane_with_a_full_batch_waits_for_nobody(pace: Pace, time: Time, done: Processings) -> None:
    await pace.process(Records(1).take)
    await pace.process(Records(2, 3, 4, 5).take)
    assert done.alone == [[1], [2, 3, 4, 5]]
    assert time.waits == [SETTLES]


async def test_a_batch_under_way_does_not_hold_the_next_one(pace: Pace, time: Time, done: Processings) -> None:
    done.hold = asyncio.Event()
    first = [asyncio.create_task(pace.process(Records(offset).take)) for offset in (1, 2)]
    await turns()
    await pace.process(Records(3).take)
    assert done.alone == [[3]]
    assert not any(lane.done() for lane in first)
    done.hold.set()
    await asyncio.gather(*first)


async def test_lanes_whose_records_are_too_many_for_one_batch_process_their_own(
    pace: Pace, time: Time, done: Processings
) -> None:
    lanes = (Records(1, 2, 3), Records(4, 5, 6), Records(7))
    await asyncio.gather(*(pace.process(lane.take) for lane in lanes))
    assert done.joint == [[1, 2, 3, 7]]
    assert done.alone == [[4, 5, 6]]


async def test_when_one_must_be_looked_at_alone_each_lane_processes_its_own(
    pace: Pace, time: Time, done: Processings
) -> None:
    done.succeeds = False
    await asyncio.gather(*(pace.process(Records(offset).take) for offset in (1, 2)))
    assert done.joint == [[1, 2]]
    assert sorted(done.alone) == [[1], [2]]


async def test_when_a_service_is_away_every_lane_is_told(pace: Pace, time: Time, done: Processings) -> None:
    done.error = BackingServiceAway("store")
    lanes = (pace.process(Records(offset).take) for offset in (1, 2))
    told = await asyncio.gather(*lanes, return_exceptions=True)
    assert [type(error) for error in told] == [BackingServiceAway, BackingServiceAway]
    assert done.alone == []


async def test_when_records_cannot_be_taken_every_lane_gives_its_own_back(
    pace: Pace, time: Time, done: Processings
) -> None:
    time.gate, broken = asyncio.Event(), Records(2)
    lanes = [asyncio.create_task(pace.process(lane.take)) for lane in (Records(1), broken)]
    await turns()
    broken.error = BackingServiceAway("bus")
    time.gate.set()
    told = await asyncio.gather(*lanes, return_exceptions=True)
    assert [type(error) for error in told] == [BackingServiceAway, BackingServiceAway]
    assert (done.alone, done.joint) == ([], [])


async def test_a_lane_that_is_ended_before_the_beginning_leaves_the_others_to_begin(
    pace: Pace, time: Time, done: Processings
) -> None:
    time.gate = asyncio.Event()
    leading, following = (asyncio.create_task(pace.process(Records(offset).take)) for offset in (1, 2))
    await turns()
    leading.cancel()
    await turns()
    time.gate.set()
    await following
    assert done.alone == [[2]]


async def test_a_lane_that_is_ended_while_it_processes_lets_the_others_give_theirs_back(
    pace: Pace, time: Time, done: Processings
) -> None:
    done.hold = asyncio.Event()
    leading, following = (asyncio.create_task(pace.process(Records(offset).take)) for offset in (1, 2))
    await turns()
    leading.cancel()
    with pytest.raises(BackingServiceAway):
        await following
    assert done.alone == []


async def test_without_an_interval_every_lane_begins_by_itself(time: Time, done: Processings) -> None:
    pace = Pace(done, interval=0.0, most=4, clock=time.now, wait=time.wait)
    await asyncio.gather(*(pace.process(Records(offset).take) for offset in (1, 2)))
    assert (done.alone, done.joint, time.waits) == ([[1], [2]], [], [])


def test_only_what_comes_in_floods_is_paced() -> None:
    async def together(tx: Tx, ready: Sequence[Ready]) -> None: ...
    async def apply(tx: Tx, event: DocumentHandedOver, prepared: None) -> None: ...

    letters = Subscription(topic="messaging.intake", on=[Handling(LetterTaken, together=together)])
    files = Subscription(topic="documents.events", on=[Handling(DocumentHandedOver, apply)])
    assert letters.in_floods
    assert not files.in_floods
