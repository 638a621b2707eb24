"""Rows are taken under a lease: by one worker at a time, held while it lives, and left to others by its end."""

import asyncio
import re
from datetime import timedelta

import pytest

from chassis.clock import now
from chassis.effects import LeasedQueue, new_row
from chassis.errors import BackingServiceAway
from chassis.ids import new_id
from chassis.store import Row, Store, Tx
from tests.chassis.effects import all_sent, holds, put, state, state_is, working
from tests.system.toxics import toxics

pytestmark = pytest.mark.stack


async def put_taken(store: Store[Tx], queue: LeasedQueue) -> Row:
    [row] = queue.taken([new_row(new_id(), now(), word="taken")])
    assert row["state"] == "sending"
    await store.collection("notes").insert_one(dict(row))
    return row


async def test_a_row_that_is_written_taken_is_performed_once_without_being_looked_for(
    store, peer, eventually
) -> None:
    async with working(store, peer) as queue:
        row = await put_taken(store, queue)
        queue.offer([row])
        await eventually(lambda: state_is(store, row["_id"], "sent"))
        found = await state(store, row["_id"])
    assert (found["attempts"], peer.reached) == (1, ["taken"])


async def test_a_row_that_is_written_taken_and_never_offered_is_taken_up_after_its_lease(
    store, peer, eventually
) -> None:
    async with working(store, peer, lease=timedelta(seconds=1)) as queue:
        row = await put_taken(store, queue)
        await eventually(lambda: state_is(store, row["_id"], "sent"))
        found = await state(store, row["_id"])
    assert (found["attempts"], peer.reached) == (2, ["taken"])


async def test_what_was_written_taken_and_is_not_begun_is_given_back_at_the_end(store, peer) -> None:
    async with working(store, peer) as queue:
        row = await put_taken(store, queue)
        await queue._loop.stop()
        queue.offer([row])
    found = await state(store, row["_id"])
    assert (found["state"], found["attempts"], found["lease_owner"]) == ("queued", 0, None)


async def test_no_more_rows_are_written_taken_than_there_is_room_for(store, peer) -> None:
    async with working(store, peer, concurrency=2) as queue:
        rows = queue.taken([new_row(new_id(), now(), word="many") for _ in range(3)])
    assert [row["state"] for row in rows] == ["sending", "sending", "queued"]


async def test_a_queue_that_does_not_work_takes_nothing(store, peer) -> None:
    queue = LeasedQueue(store, "notes", peer.perform)
    assert queue.taken([new_row(new_id(), now())])[0]["state"] == "queued"


async def test_a_lease_that_could_not_be_renewed_is_renewed_as_soon_as_the_store_is_back(
    store, peer, eventually
) -> None:
    lease = timedelta(seconds=4.5)
    async with working(store, peer, lease=lease) as first:
        failures = _updates_fail(first)
        row = await put(store, "slow", slow=True)
        await eventually(lambda: holds(peer.reached == ["slow"]))
        failures += ["away"] * 3
        async with working(store, peer, lease=lease):
            await asyncio.sleep(6.5)
            assert (peer.reached, failures) == (["slow"], [])
            peer.hurried.set()
            await eventually(lambda: state_is(store, row, "sent"))


async def test_rows_whose_taking_was_not_answered_wait_for_no_lease(store, peer, eventually) -> None:
    async with working(store, peer) as queue:
        _answers_are_lost(queue, BackingServiceAway("store"))
        row = await put(store, "taken")
        await eventually(lambda: state_is(store, row, "sent"))
    assert (peer.reached, (await state(store, row))["attempts"]) == (["taken"], 1)


async def test_an_end_in_the_middle_of_taking_rows_leaves_them_to_another_worker(store, peer, eventually) -> None:
    async with working(store, peer) as queue:
        _answers_are_lost(queue, None)
        row = await put(store, "taken")
        await eventually(lambda: state_is(store, row, "sending"))
    found = await state(store, row)
    assert (found["state"], found["attempts"], peer.reached) == ("queued", 0, [])


async def test_what_was_written_taken_is_performed_though_others_could_not_be_taken(
    store, peer, eventually
) -> None:
    async with working(store, peer) as queue:
        row = await put_taken(store, queue)
        _answers_are_lost(queue, BackingServiceAway("store"))
        other = await put(store, "other")
        queue.offer([await state(store, other), row])
        await eventually(lambda: all_sent(store, [row["_id"], other]))
    assert sorted(peer.reached) == ["other", "taken"]


async def test_the_row_of_a_killed_worker_is_taken_up_after_its_lease(store, peer, eventually) -> None:
    row = await put(store, "hello")
    cut = {
        "state": "sending",
        "lease_owner": "someone",
        "due_at": now() + timedelta(seconds=1),
        "attempts": 1,
    }
    await store.collection("notes").update_one({"_id": row}, {"$set": cut})
    async with working(store, peer, lease=timedelta(seconds=2)):
        await eventually(lambda: state_is(store, row, "sent"))


async def test_an_effect_may_take_longer_than_its_lease_while_its_worker_lives(store, peer, eventually) -> None:
    lease = timedelta(seconds=0.6)
    async with working(store, peer, lease=lease) as queue, working(store, peer, lease=lease):
        row = await put(store, "slow", slow=True)
        await eventually(lambda: holds(peer.reached == ["slow"]))
        await asyncio.sleep(2.5)
        assert peer.reached == ["slow"]
        assert queue.holds(peer.rows[0])
        peer.hurried.set()
        await eventually(lambda: state_is(store, row, "sent"))


async def test_after_the_store_was_out_of_reach_for_longer_than_a_lease_who_lives_keeps_its_rows(
    settings, store, peer, eventually
) -> None:
    lease = timedelta(seconds=3)
    row, port = await put(store, "slow", slow=True), int(re.findall(r":(\d+)", settings.mongo_uri)[0])
    with toxics() as proxy:
        way = proxy.way_to("mongodb", port)
        uri = settings.mongo_uri.replace(str(port), str(way.port))
        detoured = type(store)(settings.model_copy(update={"mongo_uri": uri}))
        async with working(detoured, peer, lease=lease) as queue, working(detoured, peer, lease=lease):
            await eventually(lambda: holds(peer.reached == ["slow"]))
            way.cut()
            await asyncio.sleep(5.0)
            assert (await state(store, row))["due_at"] < now()
            assert not queue.holds(peer.rows[0])
            way.mend()
            await eventually(lambda: _is_held_on_to(store, row))
            await asyncio.sleep(lease.total_seconds())
            peer.hurried.set()
            await eventually(lambda: state_is(store, row, "sent"))
        detoured.close()
    assert (peer.reached, (await state(store, row))["attempts"]) == (["slow"], 1)


async def test_leases_are_renewed_beside_transactions_that_touch_the_same_rows_and_nobody_stands_still(
    store, peer, eventually
) -> None:
    lease = timedelta(seconds=1.5)
    async with working(store, peer, lease=lease), working(store, peer, lease=lease):
        rows = store.collection("notes")
        await put(store, "slow", slow=True)
        other = await put(store, "other", state="kept")
        await eventually(lambda: holds(peer.reached == ["slow"]))
        mine = peer.rows[0]["_id"]

        async def holds_it(tx: Tx) -> None:
            for _ in range(4):
                await rows.update_one({"_id": mine}, {"$inc": {"touched": 1}}, session=tx.session)
                await asyncio.sleep(0.3)

        async def passes_by(tx: Tx) -> None:
            await rows.update_one({"_id": other}, {"$inc": {"touched": 1}}, session=tx.session)

        async with asyncio.timeout(30):
            holding = asyncio.create_task(store.transact(holds_it))
            while not holding.done():
                await store.transact(passes_by)
            await holding
        assert (await state(store, mine))["touched"] == 4
        peer.hurried.set()
        await eventually(lambda: state_is(store, mine, "sent"))


async def _is_held_on_to(store: Store[Tx], row_id: str) -> bool:
    return bool((await state(store, row_id))["due_at"] > now())


def _updates_fail(queue: LeasedQueue) -> list[str]:
    """For each thing in what is returned, one change of rows by this queue fails, and takes it out."""
    failures: list[str] = []
    change = queue._change

    async def failing(*changes: tuple[Row, Row]) -> None:
        if failures:
            raise BackingServiceAway(failures.pop())
        await change(*changes)

    queue._change = failing  # type: ignore[method-assign]
    return failures


def _answers_are_lost(queue: LeasedQueue, error: Exception | None) -> None:
    """The next change of rows happens, and then fails with the error; with None, it is never answered."""
    answers, change = [error], queue._change

    async def unanswered(*changes: tuple[Row, Row]) -> None:
        await change(*changes)
        if not answers:
            return
        if lost := answers.pop():
            raise lost
        await asyncio.Event().wait()

    queue._change = unanswered  # type: ignore[method-assign]
