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

PATIENCE = 0.1


class Waits:
    """The waits that were asked for: settling ends at once unless a test holds it, patience when it says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.patience_over = asyncio.Event()
        self.settled = asyncio.Event()
        self.settled.set()

    async def wait(self, seconds: float) -> None:
        self.asked.append(seconds)
        await (self.patience_over if seconds == PATIENCE else self.settled).wait()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


class Processings:
    """What was processed, alone or together; it may fail, or take its time."""

    def __init__(self) -> None:
        self.alone: list[list[int]] = []
        self.joint: list[list[int]] = []
        self.succeeds = True
        self.error: BaseException | None = None
        self.hold = asyncio.Event()
        self.hold.set()

    async def batch(self, raws: Sequence[Raw]) -> None:
        self.alone.append([raw.offset for raw in raws])
        await self.hold.wait()

    async def together(self, raws: Sequence[Raw]) -> bool:
        self.joint.append([raw.offset for raw in raws])
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
def waits() -> Waits:
    return Waits()


@pytest.fixture
def done() -> Processings:
    return Processings()


@pytest.fixture
async def pace(waits: Waits, done: Processings) -> Pace:
    return Pace(done, patience=PATIENCE, most=4, wait=waits.wait)


async def turns() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


async def under_way(pace: Pace, done: Processings) -> list["asyncio.Task[None]"]:
    """Two lanes whose records 1 and 2 are being processed together until `done.hold` is set."""
    done.hold.clear()
    lanes = [asyncio.create_task(pace.process(Records(offset).take)) for offset in (1, 2)]
    await turns()
    assert done.joint == [[1, 2]]
    return lanes


async def test_what_comes_while_nothing_is_under_way_is_taken_at_once(pace: Pace, done: Processings) -> None:
    await pace.process(Records(1).take)
    await pace.process(Records(2).take)
    assert done.alone == [[1], [2]]


async def test_what_comes_while_a_batch_is_under_way_is_taken_together_when_it_has_ended(
    pace: Pace, done: Processings
) -> None:
    first = await under_way(pace, done)
    records = Records(3)
    lane = asyncio.create_task(pace.process(records.take))
    await turns()
    records.offsets.append(4)
    assert done.alone == []
    done.hold.set()
    await asyncio.gather(lane, *first)
    assert done.alone == [[3, 4]]


async def test_one_lane_s_batch_under_way_holds_up_the_others_too(pace: Pace, done: Processings) -> None:
    done.hold.clear()
    first = asyncio.create_task(pace.process(Records(1).take))
    await turns()
    second = asyncio.create_task(pace.process(Records(2).take))
    await turns()
    assert done.alone == [[1]]
    done.hold.set()
    await asyncio.gather(first, second)
    assert done.alone == [[1], [2]]


async def test_what_was_published_together_is_given_a_moment_to_reach_every_lane(
    pace: Pace, waits: Waits, done: Processings
) -> None:
    waits.settled.clear()
    first = asyncio.create_task(pace.process(Records(1).take))
    await turns()
    second = asyncio.create_task(pace.process(Records(2).take))
    await turns()
    assert (waits.asked[-1], done.joint) == (SETTLES, [])
    waits.settled.set()
    await asyncio.gather(first, second)
    assert done.joint == [[1, 2]]


async def test_a_batch_that_takes_long_holds_up_others_only_for_a_while(
    pace: Pace, waits: Waits, done: Processings
) -> None:
    first = await under_way(pace, done)
    lane = asyncio.create_task(pace.process(Records(3).take))
    await turns()
    assert done.alone == []
    waits.patience_over.set()
    await turns()
    assert done.alone == [[3]]
    done.hold.set()
    await asyncio.gather(lane, *first)


async def test_lanes_that_wait_begin_together(pace: Pace, done: Processings) -> None:
    await asyncio.gather(*(pace.process(Records(offset).take) for offset in (1, 2)))
    assert (done.joint, done.alone) == ([[1, 2]], [])


async def test_a_lane_with_a_full_batch_waits_for_nobody(pace: Pace, done: Processings) -> None:
    first = await under_way(pace, done)
    lane = asyncio.create_task(pace.process(Records(3, 4, 5, 6).take))
    await turns()
    assert done.alone == [[3, 4, 5, 6]]
    done.hold.set()
    await asyncio.gather(lane, *first)


async def test_lanes_whose_records_are_too_many_for_one_batch_process_their_own(
    pace: Pace, done: Processings
) -> None:
    lanes = (Records(1, 2, 3), Records(4, 5, 6), Records(7))
    await asyncio.gather(*(pace.process(lane.take) for lane in lanes))
    assert done.joint == [[1, 2, 3, 7]]
    assert done.alone == [[4, 5, 6]]


async def test_when_one_must_be_looked_at_alone_each_lane_processes_its_own(pace: Pace, done: Processings) -> None:
    done.succeeds = False
    await asyncio.gather(*(pace.process(Records(offset).take) for offset in (1, 2)))
    assert done.joint == [[1, 2]]
    assert sorted(done.alone) == [[1], [2]]


async def test_when_a_service_is_away_every_lane_is_told(pace: Pace, done: Processings) -> None:
    done.error = BackingServiceAway("store")
    lanes = (pace.process(Records(offset).take) for offset in (1, 2))
    told = await asyncio.gather(*lanes, return_exceptions=True)
    assert [type(error) for error in told] == [BackingServiceAway, BackingServiceAway]
    assert done.alone == []


async def test_when_records_cannot_be_taken_every_lane_gives_its_own_back(pace: Pace, done: Processings) -> None:
    first, broken = await under_way(pace, done), Records(4)
    lanes = [asyncio.create_task(pace.process(lane.take)) for lane in (Records(3), broken)]
    await turns()
    broken.error = BackingServiceAway("bus")
    done.hold.set()
    told = await asyncio.gather(*lanes, return_exceptions=True)
    assert [type(error) for error in told] == [BackingServiceAway, BackingServiceAway]
    assert (done.alone, done.joint) == ([], [[1, 2]])
    await asyncio.gather(*first)


async def test_a_lane_that_is_ended_before_the_beginning_leaves_the_others_to_begin(
    pace: Pace, done: Processings
) -> None:
    first = await under_way(pace, done)
    leading, following = (asyncio.create_task(pace.process(Records(offset).take)) for offset in (3, 4))
    await turns()
    leading.cancel()
    await turns()
    done.hold.set()
    await following
    assert done.alone == [[4]]
    await asyncio.gather(*first)


async def test_a_lane_that_is_ended_while_it_processes_lets_the_others_give_theirs_back(
    pace: Pace, done: Processings
) -> None:
    done.hold.clear()
    leading, following = (asyncio.create_task(pace.process(Records(offset).take)) for offset in (1, 2))
    await turns()
    leading.cancel()
    with pytest.raises(BackingServiceAway):
        await following
    assert done.alone == []


async def test_without_patience_every_lane_begins_by_itself(waits: Waits, done: Processings) -> None:
    pace = Pace(done, patience=0.0, most=4, wait=waits.wait)
    await asyncio.gather(*(pace.process(Records(offset).take) for offset in (1, 2)))
    assert (done.alone, done.joint, waits.asked) == ([[1], [2]], [], [])


def test_only_what_comes_in_floods_is_paced() -> None:
    async def together(tx: Tx, ready: Sequence[Ready]) -> None: ...
    async def apply(tx: Tx, event: DocumentHandedOver, prepared: None) -> None: ...

    letters = Subscription(topic="messaging.intake", on=[Handling(LetterTaken, together=together)])
    files = Subscription(topic="documents.events", on=[Handling(DocumentHandedOver, apply)])
    assert letters.in_floods
    assert not files.in_floods
