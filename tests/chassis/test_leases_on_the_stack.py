"""A lease says who performs a row while the store can be reached; after it could not, who lives goes first."""

import asyncio
import re
from datetime import timedelta

import pytest

from chassis.clock import now
from chassis.store import Store, Tx
from tests.chassis.test_effects_on_the_stack import Peer, put, state, working
from tests.system.toxics import toxics

pytestmark = pytest.mark.stack


@pytest.fixture
def peer() -> Peer:
    return Peer()


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
            await eventually(lambda: _is_reached(peer))
            way.cut()
            await asyncio.sleep(5.0)
            assert (await state(store, row))["due_at"] < now()
            assert not queue.holds(peer.rows[0])
            way.mend()
            await eventually(lambda: _is_held_on_to(store, row))
            await asyncio.sleep(lease.total_seconds())
            peer.hurried.set()
            await eventually(lambda: _is_sent(store, row))
        detoured.close()
    assert (peer.reached, (await state(store, row))["attempts"]) == (["slow"], 1)


async def test_leases_are_renewed_beside_transactions_that_touch_the_same_rows_and_nobody_stands_still(
    store, peer, eventually
) -> None:
    lease = timedelta(seconds=1.5)
    async with working(store, peer, lease=lease), working(store, Peer(), lease=lease):
        rows = store.collection("notes")
        await put(store, "slow", slow=True)
        other = await put(store, "other", state="kept")
        await eventually(lambda: _is_reached(peer))
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
        await eventually(lambda: _is_sent(store, mine))


async def _is_reached(peer: Peer) -> bool:
    return peer.reached == ["slow"]


async def _is_held_on_to(store: Store[Tx], row_id: str) -> bool:
    return bool((await state(store, row_id))["due_at"] > now())


async def _is_sent(store: Store[Tx], row_id: str) -> bool:
    return bool((await state(store, row_id))["state"] == "sent")
