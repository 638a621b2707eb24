"""Promises 2 and 3 of the bus, on a real Kafka and a real store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from chassis.bus import Bus, Follower, Handling, Subscription
from chassis.bus.client import connection, durable_producer
from chassis.bus.subscription import Raw
from chassis.bus.waiting import Waiting
from chassis.clock import now
from chassis.errors import BackingServiceAway, NotYet, PliError
from chassis.ids import new_id
from chassis.settings import Settings
from chassis.store import Store, Tx
from chassis.store.relay import Relay
from contracts.cloudevents import Envelope
from contracts.topics import Topic
from tests.chassis.conftest import Happened, Other

pytestmark = pytest.mark.stack


class Poisoned(PliError):
    code = "poisoned"


class Effects:
    """What the tested handler did, and what it should do wrong."""

    def __init__(self, store: Store[Tx]) -> None:
        self.store = store
        self.calls: list[int] = []
        self.trouble: dict[int, list[Exception]] = {}

    async def apply(self, tx: Tx, event: Happened, _: None) -> None:
        self.calls.append(event.number)
        for error in self.trouble.get(event.number, [])[:1]:
            self.trouble[event.number].remove(error)
            raise error
        row = {"_id": new_id(), "number": event.number}
        await self.store.collection("effects").insert_one(row, session=tx.session)

    async def numbers(self) -> list[int]:
        rows = await self.store.collection("effects").find({}).to_list(1000)
        return sorted(row["number"] for row in rows)


@pytest.fixture
def effects(store: Store[Tx]) -> Effects:
    return Effects(store)


@asynccontextmanager
async def running(settings: Settings, store: Store[Tx], effects: Effects, topic: Topic) -> AsyncIterator[Bus]:
    """The service `trial`, consuming and relaying."""
    await store.prepare()
    await store.collection("effects").insert_one({"_id": "first", "number": -1})
    subscription = Subscription(topic=topic.name, on=[Handling(Happened, effects.apply)])
    bus, relay = Bus(settings, store, [subscription]), Relay(settings, store)
    await relay.start()
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()
        await relay.stop()


async def publish(store: Store[Tx], *numbers: int, patient: str | None = None) -> None:
    async def work(tx: Tx) -> None:
        for number in numbers:
            key = patient or new_id()
            tx.publish(Happened(patient_id=key, number=number, at=now()), key)

    await store.transact(work)


async def dead_letters(settings: Settings, count: int) -> list[Any]:
    consumer = AIOKafkaConsumer(
        f"{settings.service}.dead-letters", **connection(settings), auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            return [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()


async def count_dead_letters(settings: Settings) -> int:
    return await _count_on(settings, f"{settings.service}.dead-letters")


async def _count_on(settings: Settings, topic: str) -> int:
    consumer = AIOKafkaConsumer(topic, **connection(settings))
    await consumer.start()
    try:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        return sum(ends.values())
    finally:
        await consumer.stop()


async def test_each_committed_event_has_its_effect_once(settings, store, effects, trial, eventually) -> None:
    async with running(settings, store, effects, trial):
        for start in range(0, 100, 10):
            await publish(store, *range(start, start + 10))
        await eventually(lambda: _is(effects, [-1, *range(100)]))
        await eventually(lambda: _is_empty(store.collection("outbox")))


async def test_an_event_published_twice_acts_once(settings, store, effects, trial, eventually) -> None:
    await store.prepare()
    await publish(store, 7)
    row = await store.collection("outbox").find_one({})
    async with running(settings, store, effects, trial):
        await eventually(lambda: _is(effects, [-1, 7]))
        await eventually(lambda: _is_empty(store.collection("outbox")))
        await store.collection("outbox").insert_one(row)
        await publish(store, 8)
        await eventually(lambda: _is(effects, [-1, 7, 8]))


async def test_a_poisoned_event_becomes_a_dead_letter_and_the_ones_behind_it_go_on(
    settings, store, effects, trial, eventually
) -> None:
    effects.trouble[2] = [Poisoned("no")] * 9
    async with running(settings, store, effects, trial):
        await publish(store, 1, 2, 3)
        await eventually(lambda: _is(effects, [-1, 1, 3]))
        [letter] = await dead_letters(settings, 1)
    headers = dict(letter.headers)
    assert headers["pli_dl_reason"] == b"poisoned"
    assert headers["pli_dl_topic"] == trial.name.encode()
    assert headers["ce_type"] == b"trial.happened.v1"
    assert b'"number":2' in letter.value


async def test_what_is_no_event_of_ours_becomes_a_dead_letter(settings, store, effects, trial, eventually) -> None:
    producer = durable_producer(settings)
    await producer.start()
    async with running(settings, store, effects, trial):
        await producer.send_and_wait(trial.name, b"\xff\x00", headers=[("ce_id", b"\xff\xfe"), ("x", b"y")])
        await publish(store, 1)
        await eventually(lambda: _is(effects, [-1, 1]))
        [letter] = await dead_letters(settings, 1)
    await producer.stop()
    assert letter.value == b"\xff\x00"
    assert letter.headers[:2] == (("ce_id", b"\xff\xfe"), ("x", b"y"))
    assert dict(letter.headers)["pli_dl_reason"] == b"undecodable"


@pytest.mark.parametrize(
    "value",
    [b"[" * 100_000, b'{"patient_id":' * 50_000, b"x" * 1_040_000],
    ids=["nested arrays", "nested objects", "a megabyte"],
)
async def test_what_no_decoder_can_take_is_a_dead_letter_and_its_neighbours_act(
    settings, store, effects, trial, eventually, value: bytes
) -> None:
    producer = durable_producer(settings)
    await producer.start()
    row = Envelope(id=new_id(), type="trial.happened.v1", source=settings.service, time=now(), subject="p")
    await publish(store, 1, 2, 3)
    await producer.send_and_wait(trial.name, value, headers=row.headers(), partition=1)
    await producer.stop()
    async with running(settings, store, effects, trial):
        await publish(store, 4, 5, 6)
        await eventually(lambda: _is(effects, [-1, 1, 2, 3, 4, 5, 6]))
        [letter] = await dead_letters(settings, 1)
    assert letter.value == value


async def test_a_poisoned_event_is_buried_once_while_its_batch_is_given_back(
    settings, store, effects, trial, eventually
) -> None:
    effects.trouble[1] = [Poisoned("no")] * 9
    effects.trouble[2] = [BackingServiceAway("objects") for _ in range(3)]
    await store.prepare()
    await publish(store, 1, 2, patient=new_id())
    async with running(settings, store, effects, trial):
        await eventually(lambda: _is(effects, [-1, 2]), 60)
        assert await count_dead_letters(settings) == 1


async def test_a_type_that_is_not_known_here_is_skipped(settings, store, effects, trial, eventually) -> None:
    async def other(tx: Tx) -> None:
        tx.publish(Other(patient_id=new_id()), new_id())

    async with running(settings, store, effects, trial):
        await store.transact(other)
        await publish(store, 1)
        await eventually(lambda: _is(effects, [-1, 1]))


async def test_a_transient_error_is_tried_again(settings, store, effects, trial, eventually) -> None:
    effects.trouble[1] = [RuntimeError("once"), RuntimeError("twice")]
    async with running(settings, store, effects, trial):
        await publish(store, 1)
        await eventually(lambda: _is(effects, [-1, 1]))


async def test_an_event_of_a_patient_not_known_yet_waits_and_stops_nobody(
    settings, store, effects, trial, eventually
) -> None:
    effects.trouble[1] = [NotYet("p"), NotYet("p")]
    async with running(settings, store, effects, trial):
        await publish(store, 1)
        await publish(store, 2)
        await eventually(lambda: _is(effects, [-1, 1, 2]))
        await eventually(lambda: _none_waits(store))


async def test_what_waited_in_vain_is_one_dead_letter_however_many_replicas_look(
    settings, store, effects, trial, monkeypatch
) -> None:
    monkeypatch.setattr("chassis.bus.bus.SWEEP_EVERY", 0.0)
    monkeypatch.setattr("chassis.bus.waiting.FIRST_PAUSE", timedelta(0))
    await store.prepare()
    effects.trouble[1] = [NotYet("p")] * 9
    await Waiting(store).keep(await _waiting_record(settings, trial))
    long_ago = {"$set": {"since": now() - timedelta(hours=2)}}
    await store.collection("waiting").update_many({}, long_ago)
    subscription = Subscription(topic=trial.name, on=[Handling(Happened, effects.apply)])
    replicas, both_looked = [Bus(settings, store, [subscription]) for _ in range(2)], asyncio.Barrier(2)
    for bus in replicas:
        _look_together(bus, both_looked)
    await asyncio.gather(*(bus._sweep() for bus in replicas))
    assert await count_dead_letters(settings) == 1
    assert await _none_waits(store)
    assert not any(bus._processings[trial.name]._buried for bus in replicas)
    for bus in replicas:
        await bus._dead_letters.stop()


async def _waiting_record(settings: Settings, topic: Topic) -> Raw:
    event = Happened(patient_id=new_id(), number=1, at=now())
    envelope = Envelope(
        id=new_id(), type="trial.happened.v1", source=settings.service, time=now(), subject=event.patient_id
    )
    headers = tuple(envelope.headers())
    return Raw(
        topic=topic.name, partition=0, offset=5, key=b"p", value=msgspec.json.encode(event), headers=headers
    )


def _look_together(bus: Bus, both: asyncio.Barrier) -> None:
    due = bus._waiting.due

    async def together(topics: Any) -> Any:
        found = await due(topics)
        await both.wait()
        return found

    bus._waiting.due = together  # type: ignore[method-assign]


async def test_a_backing_service_away_is_waited_for_longer_than_the_poll_interval(
    settings, store, effects, trial, eventually
) -> None:
    impatient = settings.model_copy(update={"max_poll_interval_ms": 6_000})
    effects.trouble[1] = [BackingServiceAway("objects") for _ in range(4)]
    async with running(impatient, store, effects, trial) as bus:
        await publish(store, 1, 2)
        await eventually(lambda: _says(bus, "waits for objects"))
        await eventually(lambda: _is(effects, [-1, 1, 2]), 60)
        await eventually(lambda: _says(bus, None))


async def test_a_lane_whose_consumption_was_cancelled_is_not_ready_and_consumes_again(
    settings, store, effects, trial, eventually, monkeypatch
) -> None:
    monkeypatch.setattr("chassis.bus.bus.LOOK_EVERY", 3.0)
    async with running(settings, store, effects, trial) as bus:
        consuming = [task for lane in bus._lanes for task in lane._subscriber.tasks]
        for task in consuming:
            task.cancel()
        await asyncio.wait(consuming)
        assert await _says(bus, "not consuming")
        await publish(store, 1)
        await eventually(lambda: _is(effects, [-1, 1]))
        await eventually(lambda: _says(bus, None))


async def test_a_lane_whose_fetching_has_died_is_not_ready_and_consumes_again(
    settings, store, effects, trial, eventually, monkeypatch
) -> None:
    monkeypatch.setattr("chassis.bus.lane.STUCK_AFTER", 1.0)
    monkeypatch.setattr("chassis.bus.lane.LOOK_EVERY", 1.0)
    async with running(settings, store, effects, trial) as bus:
        await publish(store, 1)
        await eventually(lambda: _is(effects, [-1, 1]))
        for lane in bus._lanes:
            lane._subscriber.consumer._fetcher._fetch_task.cancel()
        await publish(store, 2)
        await eventually(lambda: _is(effects, [-1, 1, 2]))
        await eventually(lambda: _says(bus, None))


async def test_a_relay_whose_producer_has_died_begins_anew(
    settings, store, trial, eventually, monkeypatch
) -> None:
    monkeypatch.setattr("chassis.bus.client.SILENT_AFTER", 1.0)
    await store.prepare()
    relay = Relay(settings, store)
    await relay.start()
    try:
        await publish(store, 1)
        await eventually(lambda: _has_left(settings, trial, 1))
        relay._producing._producer._sender.sender_task.cancel()
        await publish(store, 2)
        await eventually(lambda: _has_left(settings, trial, 2))
    finally:
        await relay.stop()


async def test_dead_letters_are_kept_although_their_producer_has_died(
    settings, store, effects, trial, eventually, monkeypatch
) -> None:
    monkeypatch.setattr("chassis.bus.client.SILENT_AFTER", 1.0)
    effects.trouble[1] = [Poisoned("no")] * 9
    async with running(settings, store, effects, trial) as bus:
        bus._dead_letters._producing._producer._sender.sender_task.cancel()
        await publish(store, 1, 2)
        await eventually(lambda: _is(effects, [-1, 2]))
        await dead_letters(settings, 1)


async def test_what_was_taken_is_given_back_when_the_next_fetch_fails(
    settings, store, effects, trial, eventually, monkeypatch
) -> None:
    await store.prepare()
    await publish(store, *range(40))
    failing = iter([False, False, False, True])

    async def getmany(consumer: Any, *partitions: Any, **asked: Any) -> Any:
        if next(failing, False):
            raise KafkaError("cut")
        return await fetched(consumer, *partitions, **asked)

    fetched = AIOKafkaConsumer.getmany
    monkeypatch.setattr(AIOKafkaConsumer, "getmany", getmany)
    async with running(settings, store, effects, trial):
        await eventually(lambda: _is(effects, [-1, *range(40)]))


async def test_a_follower_whose_fetching_has_died_follows_again(settings, store, trial, eventually) -> None:
    heard: list[int] = []

    async def hear(event: Happened) -> None:
        heard.append(event.number)

    async def is_heard(number: int) -> bool:
        return number in heard

    await store.prepare()
    relay = Relay(settings, store)
    follower = Follower(settings, trial.name, [Happened], hear, from_beginning=True)
    await relay.start()
    await follower.start()
    try:
        await publish(store, 1)
        await eventually(lambda: is_heard(1))
        follower._consumer._fetcher._fetch_task.cancel()
        await publish(store, 2)
        await eventually(lambda: is_heard(2))
    finally:
        await follower.stop()
        await relay.stop()


async def _is(effects: Effects, numbers: list[int]) -> bool:
    return await effects.numbers() == numbers


async def _is_empty(collection: Any) -> bool:
    return bool(await collection.count_documents({}) == 0)


async def _has_left(settings: Settings, topic: Topic, count: int) -> bool:
    return await _count_on(settings, topic.name) == count


async def _none_waits(store: Store[Tx]) -> bool:
    return await store.collection("waiting").count_documents({}) == 0


async def _says(bus: Bus, wrong: str | None) -> bool:
    found = await bus.checks()["consuming"]()
    return found is None if wrong is None else wrong in (found or "")
