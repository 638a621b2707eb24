"""Leases are held beside whatever else happens to the rows."""

import asyncio
from datetime import timedelta

import pytest

from chassis.store import Tx
from tests.chassis.test_effects_on_the_stack import Peer, put, reached, state, state_is, working

pytestmark = pytest.mark.stack


@pytest.fixture
def peer() -> Peer:
    return Peer()


async def test_leases_are_renewed_beside_transactions_that_touch_the_same_rows_and_nobody_stands_still(
    store, peer, eventually
) -> None:
    lease = timedelta(seconds=1.5)
    async with working(store, peer, lease=lease), working(store, Peer(), lease=lease):
        rows = store.collection("notes")
        await put(store, "slow", slow=True)
        other = await put(store, "other", state="kept")
        await eventually(lambda: reached(peer, 1))
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
