"""Nobody before a page waits for a backing service that is silent; all other work keeps its patience."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext

import pytest

from chassis.errors import BackingServiceAway
from chassis.watch import Somebody, Watch, before_somebody, begun, heeding

LONG = 30.0


class Service:
    """A backing service that answers, or does not."""

    def __init__(self) -> None:
        self.answers = True
        self.let_go = False

    async def look(self) -> bool:
        return self.answers

    def close(self) -> None:
        self.let_go = True


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def watch(service: Service) -> Watch:
    return Watch("store", service.look, service.close)


async def asks(*, for_s: float = LONG) -> str:
    """A call of the service that gets no answer for so long."""
    with heeding("store"):
        await asyncio.sleep(for_s)
    return "answered"


async def ask_before_somebody(watch: Watch) -> str:
    with before_somebody([watch]):
        return await asks()


async def under_way(work: "asyncio.Task[str]") -> None:
    """Once it waits."""
    for _ in range(3):
        await asyncio.sleep(0)
    assert not work.done()


async def test_who_waits_is_told_once_the_service_is_silent(watch: Watch) -> None:
    waiting = [asyncio.create_task(ask_before_somebody(watch)) for _ in range(3)]
    await under_way(waiting[0])
    watch.found(answers=False)
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in told] == [BackingServiceAway] * 3
    assert [each.cancelling() for each in waiting] == [0, 0, 0]


async def test_who_comes_while_it_is_silent_does_not_wait_and_later_ones_are_served(watch: Watch) -> None:
    watch.found(answers=False)
    with pytest.raises(BackingServiceAway), before_somebody([watch]):
        await asks(for_s=0)
    watch.found(answers=True)
    with before_somebody([watch]):
        assert await asks(for_s=0) == "answered"


@pytest.mark.parametrize("before", [nullcontext, lambda: before_somebody([])])
async def test_work_that_is_not_watched_keeps_its_patience(
    watch: Watch, before: Callable[[], AbstractContextManager[object]]
) -> None:
    with before():
        work = asyncio.create_task(asks(for_s=0.01))
    await under_way(work)
    watch.found(answers=False)
    assert await work == "answered"


async def test_another_service_that_is_silent_holds_up_nobody(service: Service, watch: Watch) -> None:
    objects = Watch("objects", service.look, service.close)
    objects.found(answers=False)
    with before_somebody([watch, objects]):
        assert await asks(for_s=0) == "answered"


async def test_what_comes_after_the_first_byte_is_waited_for(watch: Watch) -> None:
    async def download(somebody: Somebody) -> str:
        somebody.waits = False
        return await asks(for_s=0.01)

    with before_somebody([watch]) as somebody:
        work = asyncio.create_task(download(somebody))
    await under_way(work)
    watch.found(answers=False)
    assert await work == "answered"


async def test_work_begun_for_nobody_goes_on_when_it_is_left(watch: Watch) -> None:
    with before_somebody([watch]):
        work = begun(asks(for_s=0.01))
    await under_way(work)
    watch.found(answers=False)
    assert await work == "answered"


async def test_who_ends_a_request_is_not_told_of_a_service(watch: Watch) -> None:
    work = asyncio.create_task(ask_before_somebody(watch))
    await under_way(work)
    work.cancel()
    watch.found(answers=False)
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_calls_within_calls_end_as_one(watch: Watch) -> None:
    async def nested() -> str:
        with before_somebody([watch]), heeding("store"):
            return await asks()

    work = asyncio.create_task(nested())
    await under_way(work)
    watch.found(answers=False)
    with pytest.raises(BackingServiceAway):
        await work
    assert work.cancelling() == 0


async def test_calls_side_by_side_end_as_one(watch: Watch) -> None:
    async def both() -> list[str]:
        with before_somebody([watch]), heeding("store"):
            return await asyncio.gather(asks(), asks())

    work = asyncio.create_task(both())
    await under_way(work)
    watch.found(answers=False)
    with pytest.raises(BackingServiceAway):
        await work


async def test_a_failure_of_the_call_itself_is_told_as_it_is(watch: Watch) -> None:
    async def fails() -> None:
        with before_somebody([watch]), heeding("store"):
            try:
                await asyncio.sleep(LONG)
            except asyncio.CancelledError:
                raise KeyError("of its own") from None

    work = asyncio.create_task(fails())
    for _ in range(3):
        await asyncio.sleep(0)
    watch.found(answers=False)
    with pytest.raises(KeyError):
        await work
    assert work.cancelling() == 0


@pytest.fixture
async def looking(watch: Watch, service: Service) -> AsyncIterator[Watch]:
    await watch.start()
    yield watch
    await watch.stop()
    assert service.let_go


async def test_it_looks_by_itself_and_sees_the_service_go_and_come(looking: Watch, service: Service) -> None:
    service.answers = False
    await soon(lambda: looking.silent)
    service.answers = True
    await soon(lambda: not looking.silent)


async def soon(seen: Callable[[], bool]) -> None:
    async def is_so() -> None:
        while not seen():
            await asyncio.sleep(0.01)

    await within(is_so())


async def within(work: Awaitable[None]) -> None:
    await asyncio.wait_for(work, LONG)
