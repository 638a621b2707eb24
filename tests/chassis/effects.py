"""What the chassis's effects reach in tests, the queue that reaches it, and the rows of that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chassis.clock import now
from chassis.effects import Done, LeasedQueue, Outcome, new_row
from chassis.ids import new_id
from chassis.store import Row, Store, Tx


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


async def state(store: Store[Tx], row_id: str) -> Row:
    found = await store.collection("notes").find_one({"_id": row_id})
    assert found is not None
    return dict(found)


async def has_reached(peer: Peer, count: int) -> bool:
    return len(peer.reached) >= count


async def holds(held: bool) -> bool:
    return held


async def state_is(store: Store[Tx], row_id: str, expected: str) -> bool:
    return bool((await state(store, row_id))["state"] == expected)


async def all_sent(store: Store[Tx], rows: list[str]) -> bool:
    return all(await asyncio.gather(*(state_is(store, row, "sent") for row in rows)))
