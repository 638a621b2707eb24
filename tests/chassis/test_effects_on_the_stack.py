"""Effects outside the store happen at least once, with everything that was fixed when they were queued."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from chassis.clock import now
from chassis.effects import Again, Done, GiveUp, Judged, LeasedQueue, Outcome, Shares, new_row
from chassis.errors import BackingServiceAway, PliError
from chassis.ids import new_id
from chassis.outcomes import Outcomes
from chassis.store import Row, Store, Tx
from contracts.topics import Topic
from tests.chassis.conftest import Happened

pytestmark = pytest.mark.stack


class Refused(PliError):
    code = "refused"


class Peer:
    """What the effects reach, and how it answers."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.rows: list[Row] = []
        self.answers: list[Outcome | Exception] = []
        self.hurried = asyncio.Event()

    async def perform(self, row: Row) -> Outcome:
        self.reached.append(row["word"])
        self.rows.append(row)
        if row.get("slow"):
            await self.hurried.wait()
        answer = self.answers.pop(0) if self.answers else Done()
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def peer() -> Peer:
    return Peer()


@asynccontextmanager
async def working(store: Store[Tx], peer: Peer, **how: Any) -> AsyncIterator[LeasedQueue]:
    await store.prepare()
    queue = LeasedQueue(store, "notes", peer.perform, **how)
    await queue.start()
    try:
        yield queue
    finally:
        await queue.stop()


async def put(store: Store[Tx], word: str, **fields: Any) -> str:
    row = new_row(new_id(), now(), word=word, **fields)

    async def work(tx: Tx) -> None:
        await store.collection("notes").insert_one(row, session=tx.session)

    await store.collection("notes").update_one({"_id": "ground"}, {"$set": {"state": "none"}}, upsert=True)
    await store.transact(work)
    return str(row["_id"])


async def put_taken(store: Store[Tx], queue: LeasedQueue) -> Row:
    [row] = queue.taken([new_row(new_id(), now(), word="taken")])
    assert row["state"] == "sending"
    await store.collection("notes").insert_one(dict(row))
    return row


async def reached(peer: Peer, count: int) -> bool:
    return len(peer.reached) >= count


async def state(store: Store[Tx], row_id: str) -> Row:
    found = await store.collection("notes").find_one({"_id": row_id})
    assert found is not None
    return dict(found)


async def test_a_row_that_is_offered_is_performed_at_once_and_once(store, peer, eventually) -> None:
    async with working(store, peer) as queue:
        await put(store, "ground")
        await eventually(lambda: reached(peer, 1))
        row = new_row(new_id(), now(), word="offered")
        await store.collection("notes").insert_one(dict(row))
        queue.offer([row])
        await eventually(lambda: state_is(store, row["_id"], "sent"))
        found = await state(store, row["_id"])
    assert (found["attempts"], peer.reached) == (1, ["ground", "offered"])


async def test_a_row_that_is_offered_late_is_not_performed_again(store, peer, eventually) -> None:
    async with working(store, peer) as queue:
        row = new_row(new_id(), now(), word="late")
        await store.collection("notes").insert_one(dict(row))
        await eventually(lambda: state_is(store, row["_id"], "sent"))
        queue.offer([row])
        other = await put(store, "other")
        await eventually(lambda: state_is(store, other, "sent"))
    assert peer.reached == ["late", "other"]


async def test_a_row_that_was_changed_since_it_was_offered_is_performed_as_it_is_now(
    store, peer, eventually
) -> None:
    async with working(store, peer) as queue:
        row = new_row(new_id(), now() + timedelta(seconds=0.5), word="offered", said="then")
        await store.collection("notes").insert_one({**row, "said": "now"})
        await asyncio.sleep(0.6)
        queue.offer([row])
        await eventually(lambda: state_is(store, row["_id"], "sent"))
    assert [found["said"] for found in peer.rows] == ["now"]


async def test_a_row_that_was_changed_since_it_was_found_ahead_is_performed_as_it_is_now(
    store, peer, eventually
) -> None:
    rows = [await put(store, f"one-{number}", peer="one", slow=True, said="then") for number in range(2)]
    async with working(store, peer, concurrency=2, shares=Shares("peer", at_once=1)):
        await eventually(lambda: _is(peer.reached == ["one-0"]))
        await store.collection("notes").update_one({"_id": rows[1]}, {"$set": {"said": "now"}})
        peer.hurried.set()
        await eventually(lambda: _all_sent(store, rows))
    assert [found["said"] for found in peer.rows] == ["then", "now"]


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


async def test_a_queued_row_is_performed_once(store, peer, eventually) -> None:
    async with working(store, peer):
        row = await put(store, "hello")
        await eventually(lambda: state_is(store, row, "sent"))
    assert peer.reached == ["hello"]


async def test_the_outcome_and_what_is_told_of_it_are_written_together(
    store, peer, eventually, trial: Topic
) -> None:
    told = Happened(patient_id=new_id(), number=1, at=now())
    peer.answers = [Done(fields={"answer": "250"}, events=[(told, told.patient_id)])]
    async with working(store, peer):
        row = await put(store, "hello")
        await eventually(lambda: state_is(store, row, "sent"))
    assert (await state(store, row))["answer"] == "250"
    assert await store.collection("outbox").count_documents({}) == 1


async def test_a_row_that_must_wait_is_due_again(store, peer, eventually) -> None:
    peer.answers = [Again(due_at=now() + timedelta(seconds=1)), Done()]
    async with working(store, peer):
        row = await put(store, "hello")
        await eventually(lambda: state_is(store, row, "sent"))
    assert (await state(store, row))["attempts"] == 2


async def test_a_peer_that_is_away_is_waited_for(store, peer, eventually) -> None:
    peer.answers = [BackingServiceAway("relay"), Done()]
    async with working(store, peer):
        row = await put(store, "hello")
        await eventually(lambda: state_is(store, row, "sent"))


async def test_what_can_never_happen_is_given_up_with_its_reason(store, peer, eventually) -> None:
    peer.answers = [Refused("no"), GiveUp(fields={"reason": "said-so"})]
    async with working(store, peer):
        first, second = await put(store, "one"), await put(store, "two")
        await eventually(lambda: state_is(store, first, "failed"))
        await eventually(lambda: state_is(store, second, "failed"))
    assert {(await state(store, row))["reason"] for row in (first, second)} == {"refused", "said-so"}


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


async def test_two_workers_share_the_rows_and_none_is_performed_twice(store, peer, eventually) -> None:
    async with working(store, peer), working(store, peer):
        rows = [await put(store, str(number)) for number in range(30)]
        await eventually(lambda: _all_sent(store, rows))
    assert sorted(peer.reached, key=int) == [str(number) for number in range(30)]


async def test_an_outcome_that_cannot_be_written_holds_back_no_other(store, peer, eventually) -> None:
    rows = [await put(store, str(number)) for number in range(4)]
    peer.answers = [Done(fields={"answer": object()})]
    async with working(store, peer):
        await eventually(lambda: _all_sent(store, rows[1:]))
    assert (await state(store, rows[0]))["state"] == "sending"


async def test_outcomes_that_come_together_are_committed_together(store, peer, eventually) -> None:
    rows = [await put(store, str(number)) for number in range(40)]
    commits = _commits_of(store)
    async with working(store, peer, concurrency=10):
        await eventually(lambda: _all_sent(store, rows))
    assert len(commits) < 20


async def test_one_slow_peer_holds_up_nobody_else(store, peer, eventually) -> None:
    slow = [await put(store, f"slow-{number}", peer="slow", slow=True) for number in range(20)]
    quick = [await put(store, f"quick-{number}", peer=f"quick-{number % 3}") for number in range(9)]
    async with working(store, peer, concurrency=4, shares=Shares("peer", at_once=2)):
        await eventually(lambda: _all_sent(store, quick))
        assert sum(word.startswith("slow") for word in peer.reached) == 2
        peer.hurried.set()
        await eventually(lambda: _all_sent(store, slow))
    assert len(peer.reached) == len(set(peer.reached)) == 29


async def test_an_effect_may_take_longer_than_its_lease_while_its_worker_lives(store, peer, eventually) -> None:
    lease = timedelta(seconds=0.6)
    async with working(store, peer, lease=lease) as queue, working(store, peer, lease=lease):
        row = await put(store, "slow", slow=True)
        await eventually(lambda: _is(peer.reached == ["slow"]))
        await asyncio.sleep(2.5)
        assert peer.reached == ["slow"]
        assert queue.holds(peer.rows[0])
        peer.hurried.set()
        await eventually(lambda: state_is(store, row, "sent"))


async def test_a_lease_that_could_not_be_renewed_is_renewed_as_soon_as_the_store_is_back(
    store, peer, eventually
) -> None:
    lease = timedelta(seconds=4.5)
    async with working(store, peer, lease=lease) as first:
        failures = _updates_fail(first)
        row = await put(store, "slow", slow=True)
        await eventually(lambda: _is(peer.reached == ["slow"]))
        failures += ["away"] * 3
        async with working(store, peer, lease=lease):
            await asyncio.sleep(6.5)
            assert (peer.reached, failures) == (["slow"], [])
            peer.hurried.set()
            await eventually(lambda: state_is(store, row, "sent"))


async def test_what_was_heard_is_kept_while_the_store_is_away_and_the_effect_happens_once(
    store, peer, eventually
) -> None:
    row = await put(store, "heard")
    away = _commits_fail(store)
    lease = timedelta(seconds=0.6)
    async with working(store, peer, lease=lease), working(store, peer, lease=lease):
        await eventually(lambda: _is(bool(peer.reached)))
        await asyncio.sleep(2.5)
        away.clear()
        await eventually(lambda: state_is(store, row, "sent"))
    assert (peer.reached, (await state(store, row))["attempts"]) == (["heard"], 1)


async def test_what_waits_to_be_written_takes_no_place_of_another_row(store, peer, eventually) -> None:
    first, away = await put(store, "first", peer="one"), _commits_fail(store)
    shares = Shares("peer", at_once=1)
    async with working(store, peer, concurrency=1, shares=shares):
        await eventually(lambda: _is(peer.reached == ["first"]))
        second = new_row(new_id(), now(), word="second", peer="one")
        await store.collection("notes").insert_one(dict(second))
        await eventually(lambda: _is(peer.reached == ["first", "second"]))
        away.clear()
        await eventually(lambda: _all_sent(store, [first, second["_id"]]))


async def test_a_row_under_way_here_is_not_taken_for_cut_when_its_lease_could_not_be_renewed(
    store, peer, eventually
) -> None:
    row = await put(store, "heard")
    away = _commits_fail(store)
    async with working(store, peer):
        await eventually(lambda: _is(bool(peer.reached)))
        past = {"$set": {"due_at": now() - timedelta(seconds=1)}}
        await store.collection("notes").update_one({"_id": row}, past)
        await asyncio.sleep(2.5)
        away.clear()
        await eventually(lambda: state_is(store, row, "sent"))
    assert peer.reached == ["heard"]


async def test_what_was_heard_is_written_before_the_end_when_the_store_comes_back(store, peer, eventually) -> None:
    row = await put(store, "heard")
    away = _commits_fail(store)
    async with working(store, peer):
        await eventually(lambda: _is(bool(peer.reached)))
        asyncio.get_running_loop().call_later(1.0, away.clear)
    assert (await state(store, row))["state"] == "sent"


async def test_an_outcome_may_depend_on_what_others_did_to_the_row_meanwhile(store, peer, eventually) -> None:
    told = Happened(patient_id=new_id(), number=1, at=now())
    peer.answers = [
        Judged(lambda row: Done(fields={"heard": row["said"]}, events=[(told, told.patient_id)])),
    ]
    async with working(store, peer):
        row = await put(store, "slow", slow=True)
        await eventually(lambda: _is(bool(peer.reached)))
        await store.collection("notes").update_one({"_id": row}, {"$set": {"said": "meanwhile"}})
        peer.hurried.set()
        await eventually(lambda: state_is(store, row, "sent"))
    assert (await state(store, row))["heard"] == "meanwhile"
    assert await store.collection("outbox").count_documents({}) == 1


def _commits_fail(store: Store[Tx]) -> set[str]:
    """While something is in what is returned, the store is away when an outcome is committed."""
    away, transact = {"away"}, store.transact

    async def failing(work: Any) -> Any:
        if away and _is_outcome(work):
            raise BackingServiceAway("store")
        return await transact(work)

    store.transact = failing  # type: ignore[method-assign]
    return away


def _is_outcome(work: Any) -> bool:
    """Leases are taken and renewed in transactions as well."""
    return bool(work.__module__ == Outcomes.__module__)


def _updates_fail(queue: LeasedQueue) -> list[str]:
    """For each thing in what is returned, one update of rows by this queue fails, and takes it out."""
    failures: list[str] = []
    update_many = queue._rows.update_many

    async def failing(*args: Any, **how: Any) -> Any:
        if failures:
            raise AutoReconnect(failures.pop())
        return await update_many(*args, **how)

    queue._rows.update_many = failing
    return failures


def _commits_of(store: Store[Tx]) -> list[Any]:
    commits: list[Any] = []
    transact = store.transact

    async def counted(work: Any) -> Any:
        if _is_outcome(work):
            commits.append(work)
        return await transact(work)

    store.transact = counted  # type: ignore[method-assign]
    return commits


async def _is(held: bool) -> bool:
    return held


async def state_is(store: Store[Tx], row_id: str, expected: str) -> bool:
    return bool((await state(store, row_id))["state"] == expected)


async def _all_sent(store: Store[Tx], rows: list[str]) -> bool:
    return all(await asyncio.gather(*(state_is(store, row, "sent") for row in rows)))
