"""Effects outside the store (e-mail, SMS, SMTP) as leased rows: at least once, and never silently lost.

A row goes `queued → sending → <final state>`; whoever takes it does so by compare-and-set and for a time:
a lease that runs out is taken again, with everything fixed when the row was queued.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel

from chassis.background import Loop
from chassis.clock import Clock, now
from chassis.errors import Kind, PliError, kind_of
from chassis.ids import new_id
from chassis.part import Check
from chassis.store import Row, Store, Tx, away
from chassis.store.wake import Waker, woken
from chassis.telemetry import continuing, current_traceparent, log
from chassis.telemetry.metrics import EFFECTS
from contracts.base import Event

SWEEP_AFTER = 1.0
PAUSE_WHEN_AWAY = (1.0, 5.0)
RETRY_UNFORESEEN = timedelta(seconds=30)

Told = Sequence[tuple[Event, str]]


@dataclass(frozen=True, kw_only=True)
class Done:
    """The effect happened. `fields` are written to the row, `events` (event, key) leave with it."""

    state: str = "sent"
    fields: Mapping[str, Any] = field(default_factory=dict)
    events: Told = ()


@dataclass(frozen=True, kw_only=True)
class GiveUp:
    """The effect will never happen."""

    state: str = "failed"
    fields: Mapping[str, Any] = field(default_factory=dict)
    events: Told = ()


@dataclass(frozen=True, kw_only=True)
class Again:
    """Not now: the row is due again at `due_at`."""

    due_at: datetime
    fields: Mapping[str, Any] = field(default_factory=dict)
    events: Told = ()
    state: str = "queued"


Outcome = Done | GiveUp | Again
Perform = Callable[[Row], Awaitable[Outcome]]

LEASED_INDEXES = (
    IndexModel([("state", ASCENDING), ("due_at", ASCENDING)]),
    IndexModel([("state", ASCENDING), ("lease_until", ASCENDING)]),
)
"""A service declares these for each collection that a `LeasedQueue` works on."""


def new_row(row_id: str, due_at: datetime, **fields: Any) -> Row:
    """A row to insert in the transaction that decides on the effect."""
    return {
        "_id": row_id,
        "state": "queued",
        "due_at": due_at,
        "attempts": 0,
        "lease_until": None,
        "lease_owner": None,
        "traceparent": current_traceparent(),
        **fields,
    }


class LeasedQueue:
    """Performs the rows of one collection, at most `concurrency` at once in this process."""

    def __init__(
        self,
        store: Store[Any],
        collection: str,
        perform: Perform,
        *,
        concurrency: int = 8,
        lease: timedelta = timedelta(seconds=90),
        clock: Clock = now,
    ) -> None:
        self.name = f"{collection}-queue"
        self._store = store
        self._collection = collection
        self._rows = store.collection(collection)
        self._perform = perform
        self._places = asyncio.Semaphore(concurrency)
        self._concurrency = concurrency
        self._lease = lease
        self._clock = clock
        self._owner = new_id()
        self._wake = asyncio.Event()
        self._waker = Waker(store, collection, self._wake)
        self._loop = Loop(self.name, self._turn)
        self._under_way: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to perform; the store may come later."""
        self._waker.start()
        self._loop.start()

    async def stop(self) -> None:
        """Take no more rows and finish those under way; one that is cut is taken again after its lease."""
        await self._waker.stop()
        await self._loop.stop()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=5.0)
        for task in self._under_way:
            task.cancel()

    def checks(self) -> Mapping[str, Check]:
        """Ready while rows are looked for."""
        return {self.name: self._loop.check}

    async def _turn(self) -> None:
        taken = 0
        for row in await self._candidates():
            await self._places.acquire()
            try:
                mine = await self._take(row)
            except BaseException:
                self._places.release()
                raise
            if mine is None:
                self._places.release()
                continue
            taken += 1
            self._begin(mine)
        if not taken:
            await woken(self._wake, SWEEP_AFTER)

    async def _candidates(self) -> list[Row]:
        at, most = self._clock(), self._concurrency * 2
        queued = {"state": "queued", "due_at": {"$lte": at}}
        cut = {"state": "sending", "lease_until": {"$lte": at}}
        with away():
            rows = await self._rows.find(queued).sort("due_at", ASCENDING).limit(most).to_list(most)
            rows += await self._rows.find(cut).sort("lease_until", ASCENDING).limit(most).to_list(most)
        return rows

    async def _take(self, row: Row) -> Row | None:
        """The row as mine, or None if another worker was faster."""
        as_found = {key: row[key] for key in ("_id", "state", "attempts", "lease_until")}
        changes = {
            "state": "sending",
            "lease_until": self._clock() + self._lease,
            "lease_owner": self._owner,
            "attempts": row["attempts"] + 1,
        }
        with away():
            result = await self._rows.update_one(as_found, {"$set": changes})
        return {**row, **changes} if result.modified_count else None

    def _begin(self, row: Row) -> None:
        task = asyncio.create_task(self._one(row))
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._places.release()
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            log.warning("effect.unrecorded", queue=self.name, exc_info=error)

    async def _one(self, row: Row) -> None:
        with continuing(row.get("traceparent"), self.name):
            outcome = await self._outcome(row)
            EFFECTS.labels(self.name, outcome.state).inc()
            await self._store.transact(lambda tx: self._record(tx, row, outcome))

    async def _outcome(self, row: Row) -> Outcome:
        try:
            return await self._perform(row)
        except Exception as error:
            kind = kind_of(error)
            log.warning("effect.failed", queue=self.name, row=row["_id"], kind=kind, exc_info=error)
            return self._after(error, kind)

    def _after(self, error: Exception, kind: Kind) -> Outcome:
        if kind is Kind.PERMANENT and isinstance(error, PliError):
            return GiveUp(fields={"reason": error.code})
        if kind is Kind.AWAY:
            return Again(due_at=self._clock() + timedelta(seconds=random.uniform(*PAUSE_WHEN_AWAY)))
        return Again(due_at=self._clock() + RETRY_UNFORESEEN)

    async def _record(self, tx: Tx, row: Row, outcome: Outcome) -> None:
        """Write the outcome and its events, if the lease is still ours."""
        changes: Row = {
            **outcome.fields,
            "state": outcome.state,
            "lease_until": None,
            "lease_owner": None,
        }
        if isinstance(outcome, Again):
            changes["due_at"] = outcome.due_at
        ours = {"_id": row["_id"], "lease_owner": self._owner, "state": "sending"}
        result = await self._rows.update_one(ours, {"$set": changes}, session=tx.session)
        if result.modified_count:
            for event, key in outcome.events:
                tx.publish(event, key)
