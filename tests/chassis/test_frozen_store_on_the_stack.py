"""A store that holds its connections and says nothing: who waits is told the truth, and nothing is half done."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from chassis.errors import BackingServiceAway, Unanswered
from chassis.ids import new_id
from chassis.settings import Settings
from chassis.store import Tx
from chassis.store.look import watch_store
from chassis.watch import Watch, before_somebody
from stack.control import Stack
from tests.chaos.troubles import SLOW_MS
from tests.chassis.conftest import TrialStore
from tests.system.toxics import Way, toxics

pytestmark = pytest.mark.stack

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
LOOKS = 4
"""At the slow line: the first connects and logs in, which is several words."""
ANSWERED_S = 10.0
"""The promise is two seconds; a client of the store alone would wait for twenty."""


@pytest.fixture
async def watch(settings: Settings) -> AsyncIterator[Watch]:
    watch = watch_store(settings)
    await watch.start()
    yield watch
    await watch.stop()


@pytest.fixture
def freezing(stack: Stack) -> Iterator[ExitStack]:
    """Whatever is entered here thaws in the end."""
    with ExitStack() as inside:
        yield inside


@pytest.fixture
def freeze(stack: Stack, freezing: ExitStack) -> Callable[[], None]:
    """Let the store fall silent."""
    return lambda: freezing.enter_context(stack.frozen("mongodb"))


async def visit(store: TrialStore, row_id: str, during: Callable[[], None] = lambda: None) -> str:
    """One act of somebody who waits for it; `during` happens in its middle."""

    async def work(tx: Tx) -> str:
        await store.collection("visits").insert_one({"_id": row_id}, session=tx.session)
        during()
        await store.collection("visits").insert_one({"_id": f"{row_id}-2"}, session=tx.session)
        return row_id

    async with asyncio.timeout(ANSWERED_S):
        return await store.transact(work)


async def count(store: TrialStore, row_id: str) -> int:
    return int(await store.collection("visits").count_documents({"_id": {"$in": [row_id, f"{row_id}-2"]}}))


async def test_a_read_is_told_that_the_store_is_silent_and_the_next_one_at_once(
    store: TrialStore, watch: Watch, freeze: Callable[[], None], freezing: ExitStack, eventually: Eventually
) -> None:
    await store.ping()
    with before_somebody([watch]):
        freeze()
        for _ in range(2):
            async with asyncio.timeout(ANSWERED_S):
                with pytest.raises(BackingServiceAway):
                    await store.ping()
        freezing.close()
        await eventually(lambda: is_back(store))


async def test_an_act_before_its_commit_is_given_up_and_leaves_nothing(
    store: TrialStore, watch: Watch, freeze: Callable[[], None], freezing: ExitStack, eventually: Eventually
) -> None:
    row = new_id()
    await store.prepare()
    await visit(store, new_id())
    with before_somebody([watch]), pytest.raises(BackingServiceAway) as told:
        await visit(store, row, during=freeze)
    assert not isinstance(told.value, Unanswered)
    freezing.close()
    await eventually(lambda: is_back(store))
    assert await count(store, row) == 0
    await visit(store, row)
    assert await count(store, row) == 2


async def test_an_act_in_the_middle_of_its_commit_is_not_called_undone_and_ends_whole(
    store: TrialStore, watch: Watch, freeze: Callable[[], None], freezing: ExitStack, eventually: Eventually
) -> None:
    row = new_id()
    await store.prepare()
    await visit(store, new_id())

    @contextmanager
    def freezes(events: Sequence[dict[str, Any]]) -> Iterator[None]:
        freeze()
        yield

    store.relay = freezes
    with before_somebody([watch]), pytest.raises(Unanswered):
        await visit(store, row)
    freezing.close()

    async def committed() -> bool:
        return await count(store, row) == 2

    await eventually(committed)


async def test_work_that_nobody_waits_for_outlasts_a_silence(
    store: TrialStore, watch: Watch, freeze: Callable[[], None], freezing: ExitStack
) -> None:
    await store.ping()
    freeze()
    asking = asyncio.create_task(store.ping())
    async with asyncio.timeout(ANSWERED_S):
        while not watch.silent:
            await asyncio.sleep(0.05)
    assert not asking.done()
    freezing.close()
    await asking


async def test_a_store_behind_a_slow_line_is_not_silent(settings: Settings, stack: Stack) -> None:
    with toxics() as proxy:
        way = proxy.way_to("store", stack.ports["mongodb"])
        watch = watch_store(settings.model_copy(update={"mongo_uri": _by(way)}))
        way.slow(SLOW_MS, SLOW_MS // 2)
        looks = [await watch.look() for _ in range(LOOKS)]
        await watch.stop()
    assert looks == [True] * LOOKS


def _by(way: Way) -> str:
    return f"mongodb://127.0.0.1:{way.port}/?directConnection=true"


async def is_back(store: TrialStore) -> bool:
    try:
        await store.ping()
    except BackingServiceAway:
        return False
    return True
