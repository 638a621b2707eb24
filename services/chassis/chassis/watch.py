"""Whether a backing service answers, watched for requests: somebody before a page waits no longer than that takes.

One that is stopped refuses connections, and its client says so. One that is frozen takes them and says nothing:
its client waits out a patience that is long, so that a slow line cuts nobody's work. That patience is for work
that nobody waits for; what runs before somebody is cut once the watch finds nothing but silence (docs/adr/0080).
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chassis.background import Loop
from chassis.errors import BackingServiceAway
from chassis.part import Check
from chassis.telemetry import log

T = TypeVar("T")

SLOW_FOR_MS = 1_500
"""A line that is slow is not away: so long a connection may take to be made, or to become free, and a look whether
a service answers. A look that gave up earlier would cut what is under way."""
LOOK_EVERY = 0.2
"""Seconds between two looks. With `SLOW_FOR_MS` behind one, a page answers within 2 s of a silence's beginning."""

Look = Callable[[], Awaitable[bool]]
"""Whether the service answers, asked over a connection of its own; False once `SLOW_FOR_MS` passed in silence, or
no connection can be made."""


class Watch:
    """Looks all the time. While the service is silent, those before somebody are refused it.

    `let_go` closes what `look` asks over.
    """

    def __init__(self, what: str, look: Look, let_go: Callable[[], None]) -> None:
        self.what = what
        self.name = f"watches-{what}"
        self.silent = False
        """Whether the last look found nothing."""
        self.look = look
        self._let_go = let_go
        self._waits: set[_Wait] = set()
        self._loop = Loop(self.name, self._turn)

    async def start(self) -> None:
        """Begin to look; the service may come later."""
        self._loop.start()

    async def stop(self) -> None:
        """Look no more."""
        await self._loop.stop()
        self._let_go()

    def checks(self) -> Mapping[str, Check]:
        """None: whether the service answers is asked by who needs it."""
        return {}

    async def _turn(self) -> None:
        self.found(answers=await self.look())
        await asyncio.sleep(LOOK_EVERY)

    def found(self, *, answers: bool) -> None:
        """What a look found; those who wait for a silent service wait no longer."""
        if self.silent == answers:
            log.warning("watch.back" if answers else "watch.silent", what=self.what)
        self.silent = not answers
        if self.silent:
            for wait in list(self._waits):
                wait.cut()

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """What is awaited inside ends with `BackingServiceAway` if the service is silent or falls silent."""
        if self.silent:
            raise BackingServiceAway(self.what)
        wait = _Wait()
        self._waits.add(wait)
        try:
            yield
        except BaseException as error:
            if wait.is_over() and isinstance(error, asyncio.CancelledError):
                raise BackingServiceAway(self.what) from None
            raise
        finally:
            self._waits.discard(wait)


class _Wait:
    """A task inside a call of the service, cut as `asyncio.timeout` does it."""

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelled_before = task.cancelling()
        self._cut = False

    def cut(self) -> None:
        if not self._cut:
            self._cut = True
            self._task.cancel()

    def is_over(self) -> bool:
        """Whether it is this cut that ended the call, and nobody else who ends the task."""
        return self._cut and self._task.uncancel() <= self._cancelled_before


@dataclass
class Somebody:
    """A request under way: somebody waits for its answer until that begins."""

    watches: Mapping[str, Watch] = field(default_factory=dict)
    waits: bool = True


_SOMEBODY: ContextVar[Somebody | None] = ContextVar("somebody", default=None)


@contextmanager
def before_somebody(watches: Sequence[Watch]) -> Iterator[Somebody]:
    """What is called inside is heeded by these watches, until it is said that nobody waits any longer."""
    somebody = Somebody({watch.what: watch for watch in watches})
    token = _SOMEBODY.set(somebody)
    try:
        yield somebody
    finally:
        _SOMEBODY.reset(token)


def watch_over(what: str) -> Watch | None:
    """The watch over this service, if somebody waits for the work under way."""
    somebody = _SOMEBODY.get()
    return somebody.watches.get(what) if somebody and somebody.waits else None


@contextmanager
def heeding(what: str) -> Iterator[None]:
    """Around a call of the service: raises `BackingServiceAway` once its watch finds it silent."""
    watch = watch_over(what)
    if watch is None:
        yield
        return
    with watch.heeded():
        yield


def begun(work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
    """`work` as a task that nobody waits for: it has the patience of all such work, also when it is left alone."""
    token = _SOMEBODY.set(None)
    try:
        task = asyncio.create_task(work)
    finally:
        _SOMEBODY.reset(token)
    _BEGUN.add(task)
    task.add_done_callback(_ended)
    return task


_BEGUN: "set[asyncio.Task[Any]]" = set()
"""Held, for the event loop alone would let them go."""


def _ended(task: "asyncio.Task[Any]") -> None:
    _BEGUN.discard(task)
    if not task.cancelled():
        task.exception()  # who began it has it, or has left
