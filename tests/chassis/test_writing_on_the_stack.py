"""What a transaction gathers is written with its commit, or nothing of it: a few changes at once, many in turn."""

import pytest
from pymongo.errors import OperationFailure

from chassis.ids import new_id
from chassis.store import Tx
from chassis.store.writing import FEW
from tests.chassis.conftest import TrialStore

pytestmark = pytest.mark.stack

AMOUNTS = pytest.mark.parametrize("amount", [2, FEW + 1])
BEGINNINGS = pytest.mark.parametrize("reads_first", [True, False])


@pytest.fixture
async def ids(store: TrialStore) -> list[str]:
    """Ids for two collections, which are there."""
    for name in ("left", "right"):
        await store._create(name)
    return [new_id() for _ in range(FEW + 1)]


async def among(store: TrialStore, name: str, ids: list[str]) -> dict[str, int]:
    rows = await store.collection(name).find({"_id": {"$in": ids}}).to_list(len(ids))
    return {row["_id"]: row["number"] for row in rows}


@AMOUNTS
@BEGINNINGS
async def test_inserts_updates_and_replacements_of_several_collections_are_written_in_their_order(
    store: TrialStore, ids: list[str], amount: int, reads_first: bool
) -> None:
    rows = [{"_id": row_id, "number": 1} for row_id in ids[:amount]]

    async def work(tx: Tx) -> None:
        tx.writing.insert("left", rows)
        tx.writing.insert("right", rows)
        tx.writing.update("left", ids[0], {"$inc": {"number": 1}})
        tx.writing.replace("right", [{"_id": ids[1], "number": 3}])
        if reads_first:
            assert await store.collection("left").find_one({"_id": ids[0]}, session=tx.session) is None

    await store.transact(work)
    ones = dict.fromkeys(ids[:amount], 1)
    assert await among(store, "left", ids) == ones | {ids[0]: 2}
    assert await among(store, "right", ids) == ones | {ids[1]: 3}


async def test_what_was_flushed_can_be_read_before_the_commit(store: TrialStore, ids: list[str]) -> None:
    async def work(tx: Tx) -> object:
        tx.writing.insert("left", [{"_id": ids[0], "number": 1}])
        await store.flush(tx)
        return await store.collection("left").find_one({"_id": ids[0]}, session=tx.session)

    assert await store.transact(work) == {"_id": ids[0], "number": 1}


@AMOUNTS
async def test_an_id_that_is_taken_is_the_store_s_error_and_nothing_is_written(
    store: TrialStore, ids: list[str], amount: int
) -> None:
    await store.collection("right").insert_one({"_id": ids[0], "number": 0})

    async def work(tx: Tx) -> None:
        await store.collection("left").find_one({"_id": ids[0]}, session=tx.session)
        tx.writing.insert("left", [{"_id": row_id, "number": 1} for row_id in ids[:amount]])
        tx.writing.insert("right", [{"_id": ids[0], "number": 1}])

    with pytest.raises(OperationFailure) as told:
        await store.transact(work)
    details = told.value.details or {}
    assert 11000 in {told.value.code, *(one["code"] for one in details.get("writeErrors", ()))}
    assert await among(store, "left", ids) == {}
    assert await among(store, "right", ids) == {ids[0]: 0}


async def test_a_transaction_that_meets_another_at_its_gathered_writes_runs_again(
    store: TrialStore, ids: list[str]
) -> None:
    await store.collection("left").insert_one({"_id": ids[0], "number": 0})
    runs = []

    async def work(tx: Tx) -> None:
        runs.append(await store.collection("left").find_one({"_id": ids[0]}, session=tx.session))
        if len(runs) == 1:
            await store.collection("left").update_one({"_id": ids[0]}, {"$inc": {"number": 10}})
        tx.writing.update("left", ids[0], {"$inc": {"number": 1}})
        tx.writing.insert("right", [{"_id": ids[0], "number": 1}])

    await store.transact(work)
    assert [run and run["number"] for run in runs] == [0, 10]
    assert await among(store, "left", ids) == {ids[0]: 11}
