"""Whose rows wake a loop: those of others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chassis.store.wake import Waker


class Outbox:
    """A store whose one collection tells of inserts when a test makes them."""

    SEVERAL_WRITE = True

    def __init__(self) -> None:
        self.inserted: asyncio.Queue[str] = asyncio.Queue()
        self.listening = asyncio.Event()

    def collection(self, name: str) -> "Outbox":
        return self

    @asynccontextmanager
    async def watch(self, pipeline: Any) -> AsyncIterator["Outbox"]:
        assert {"documentKey": 1}.items() <= pipeline[1]["$project"].items()
        self.listening.set()
        yield self

    async def try_next(self) -> Any:
        row_id = await self.inserted.get()
        self.inserted.task_done()
        return {"operationType": "insert", "documentKey": {"_id": row_id}}


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


async def test_rows_of_others_wake_it_and_our_own_do_not(outbox: Outbox) -> None:
    woken: list[int] = []
    store: Any = outbox
    waker = Waker(store, "outbox", lambda: woken.append(1), ours={"mine"}.__contains__)
    waker.start()
    await outbox.listening.wait()
    for row_id in ("mine", "another's", "mine"):
        outbox.inserted.put_nowait(row_id)
    await outbox.inserted.join()
    await asyncio.sleep(0)
    await waker.stop()
    assert len(woken) == 2, "once when it began to listen, once for another's row"
