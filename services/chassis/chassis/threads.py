"""Bounded thread pools for clients that block: a slow one may fill its own pool, never the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class BoundedPool:
    """At most `workers` calls at once; further ones wait their turn without holding a thread."""

    def __init__(self, name: str, workers: int) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._turns = asyncio.Semaphore(workers)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` in a thread of this pool. Its error is raised here.

        Cancelling the wait leaves the call running to its end, and its place taken until then.
        """
        return await (await self.begin(function, *args, **kwargs))

    async def begin(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "asyncio.Future[T]":
        """Start `function` in a thread as soon as there is a place, without waiting for its end."""
        await self._turns.acquire()
        loop = asyncio.get_running_loop()
        try:
            future = self._executor.submit(function, *args, **kwargs)
        except BaseException:
            self._turns.release()
            raise
        future.add_done_callback(lambda _: _release(loop, self._turns))
        return asyncio.wrap_future(future)

    def close(self) -> None:
        """Take no more calls; those under way end by themselves."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _release(loop: asyncio.AbstractEventLoop, turns: asyncio.Semaphore) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(turns.release)
