"""Effects outside the store happen at least once, with everything that was fixed when they were queued."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import now
from chassis.effects import Again, Done, GiveUp, Judged, Shares, new_row
from chassis.errors import BackingServiceAway, PliError
from chassis.ids import new_id
from chassis.outcomes import Outcomes
from chassis.store import Store, Tx
from contracts.topics import Topic
from tests.chassis.conftest import Happened
from tests.chassis.effects import Peer, all_sent, has_reached, holds, put, state, state_is, working

pytestmark = pytest.mark.stack


class Refused(PliError):
    code = "refused"


async def test_a_row_that_is_offered_is_performed_at_once_and_once(store, peer, eventually) -> None:
    async with working(store, peer) as queue:
        await put(store, "ground")
        await eventually(lambda: has_reached(peer, 1))
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
        await eventually(lambda: holds(peer.reached == ["one-0"]))
        await store.collection("notes").update_one({"_id": rows[1]}, {"$set": {"said": "now"}})
        peer.hurried.set()
        await eventually(lambda: all_sent(store, rows))
    assert [found["said"] for found in peer.rows] == ["then", "now"]


async def test_many_rows_that_are_due_are_looked_for_once_and_not_for_each_place(store, peer, eventually) -> None:
    rows = [await put(store, f"row-{number:02}") for number in range(40)]
    looks = []
    async with working(store, peer, concurrency=2) as queue:
        find = queue._candidates.find

        async def counted(*asked: Any) -> Any:
            looks.append(asked)
            return await find(*asked)

        queue._candidates.find = counted
        await eventually(lambda: all_sent(store, rows))
    assert len(peer.reached) == 40
    assert len(looks) <= 4


async def test_a_row_that_was_written_taken_does_not_wait_behind_those_that_were_read_ahead(
    store, peer, eventually
) -> None:
    async with working(store, peer, concurrency=2) as queue:
        (row,) = queue.taken([new_row(new_id(), now(), word="taken")])
        assert row["state"] == "sending"
        rows = [await put(store, f"row-{number:02}", slow=True) for number in range(40)]
        await eventually(lambda: has_reached(peer, 2))
        await store.collection("notes").insert_one(row)
        queue.offer([row])
        peer.hurried.set()
        await eventually(lambda: all_sent(store, [row["_id"], *rows]))
    assert peer.reached.index("taken") <= 4


async def test_workers_that_read_the_same_rows_ahead_share_them(store, eventually) -> None:
    peers = [Peer(), Peer()]
    rows = [new_row(new_id(), now(), word=f"row-{number}", slow=True) for number in range(200)]
    await store.collection("notes").insert_many(rows)
    async with working(store, peers[0], concurrency=4), working(store, peers[1], concurrency=4):
        for peer in peers:
            await eventually(lambda peer=peer: has_reached(peer, 4))
        for peer in peers:
            peer.hurried.set()
        await eventually(lambda: all_sent(store, [row["_id"] for row in rows]))
    assert sorted(peers[0].reached + peers[1].reached) == sorted(row["word"] for row in rows)
    assert min(len(peer.reached) for peer in peers) > 40


async def test_rows_that_nobody_may_take_up_yet_hold_up_no_others(store, peer, eventually) -> None:
    left = {"state": "sending", "due_at": now() - timedelta(seconds=1), "lease_owner": new_id(), "attempts": 1}
    cut = [new_row(new_id(), now(), word=f"cut-{number}") | left for number in range(60)]
    await store.collection("notes").insert_many(cut)
    async with working(store, peer, concurrency=1):
        row = await put(store, "new")
        await eventually(lambda: state_is(store, row, "sent"))
    assert peer.reached == ["new"]


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


async def test_two_workers_share_the_rows_and_none_is_performed_twice(store, peer, eventually) -> None:
    async with working(store, peer), working(store, peer):
        rows = [await put(store, str(number)) for number in range(30)]
        await eventually(lambda: all_sent(store, rows))
    assert sorted(peer.reached, key=int) == [str(number) for number in range(30)]


async def test_an_outcome_that_cannot_be_written_holds_back_no_other(store, peer, eventually) -> None:
    rows = [await put(store, str(number)) for number in range(4)]
    peer.answers = [Done(fields={"answer": object()})]
    async with working(store, peer):
        await eventually(lambda: all_sent(store, rows[1:]))
    assert (await state(store, rows[0]))["state"] == "sending"


async def test_outcomes_that_come_together_are_committed_together(store, peer, eventually) -> None:
    rows = [await put(store, str(number)) for number in range(40)]
    commits = _commits_of(store)
    async with working(store, peer, concurrency=10):
        await eventually(lambda: all_sent(store, rows))
    assert len(commits) < 20


async def test_one_slow_peer_holds_up_nobody_else(store, peer, eventually) -> None:
    slow = [await put(store, f"slow-{number}", peer="slow", slow=True) for number in range(20)]
    quick = [await put(store, f"quick-{number}", peer=f"quick-{number % 3}") for number in range(9)]
    async with working(store, peer, concurrency=4, shares=Shares("peer", at_once=2)):
        await eventually(lambda: all_sent(store, quick))
        assert sum(word.startswith("slow") for word in peer.reached) == 2
        peer.hurried.set()
        await eventually(lambda: all_sent(store, slow))
    assert len(peer.reached) == len(set(peer.reached)) == 29


async def test_what_was_heard_is_kept_while_the_store_is_away_and_the_effect_happens_once(
    store, peer, eventually
) -> None:
    row = await put(store, "heard")
    away = _commits_fail(store)
    lease = timedelta(seconds=0.6)
    async with working(store, peer, lease=lease), working(store, peer, lease=lease):
        await eventually(lambda: holds(bool(peer.reached)))
        await asyncio.sleep(2.5)
        away.clear()
        await eventually(lambda: state_is(store, row, "sent"))
    assert (peer.reached, (await state(store, row))["attempts"]) == (["heard"], 1)


async def test_what_waits_to_be_written_takes_no_place_of_another_row(store, peer, eventually) -> None:
    first, away = await put(store, "first", peer="one"), _commits_fail(store)
    shares = Shares("peer", at_once=1)
    async with working(store, peer, concurrency=1, shares=shares):
        await eventually(lambda: holds(peer.reached == ["first"]))
        second = new_row(new_id(), now(), word="second", peer="one")
        await store.collection("notes").insert_one(dict(second))
        await eventually(lambda: holds(peer.reached == ["first", "second"]))
        away.clear()
        await eventually(lambda: all_sent(store, [first, second["_id"]]))


async def test_a_row_under_way_here_is_not_taken_for_cut_when_its_lease_could_not_be_renewed(
    store, peer, eventually
) -> None:
    row = await put(store, "heard")
    away = _commits_fail(store)
    async with working(store, peer):
        await eventually(lambda: holds(bool(peer.reached)))
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
        await eventually(lambda: holds(bool(peer.reached)))
        asyncio.get_running_loop().call_later(1.0, away.clear)
    assert (await state(store, row))["state"] == "sent"


async def test_an_outcome_may_depend_on_what_others_did_to_the_row_meanwhile(store, peer, eventually) -> None:
    told = Happened(patient_id=new_id(), number=1, at=now())
    peer.answers = [
        Judged(lambda row: Done(fields={"heard": row["said"]}, events=[(told, told.patient_id)])),
    ]
    async with working(store, peer):
        row = await put(store, "slow", slow=True)
        await eventually(lambda: holds(bool(peer.reached)))
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


def _commits_of(store: Store[Tx]) -> list[Any]:
    commits: list[Any] = []
    transact = store.transact

    async def counted(work: Any) -> Any:
        if _is_outcome(work):
            commits.append(work)
        return await transact(work)

    store.transact = counted  # type: ignore[method-assign]
    return commits
