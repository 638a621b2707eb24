"""What became of effects, written to their rows with the events that tell it: many in one transaction."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.errors import BackingServiceAway, Kind, kind_of
from chassis.store import Row, Store, Tx
from chassis.telemetry import continuing, log
from contracts.base import Event

FIRST_PAUSE = 0.2
GATHERS = 0.01
"""Seconds in which outcomes of effects that began together may share a commit: a kill meanwhile repeats them."""
LONGEST_PAUSE = 2.0
"""Shorter than that of the loops which look for cut rows: once the store is back, outcomes are written first."""

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


Decided = Done | GiveUp | Again


@dataclass(frozen=True)
class Judged:
    """An outcome decided at its commit by the row as it is then: others may have changed it meanwhile.

    `by` is called once more when the commit met another transaction, so all it may do is judge.
    """

    by: Callable[[Row], Decided]


Outcome = Decided | Judged


@dataclass(frozen=True)
class _Waiting:
    """An outcome that waits for its commit."""

    row: Row
    outcome: Outcome
    written: "asyncio.Future[Decided | None]"

    def decided(self, found: Row) -> Decided:
        """What becomes of the row that the commit found."""
        return self.outcome.by(found) if isinstance(self.outcome, Judged) else self.outcome


class Outcomes:
    """Writes outcomes as they come; those that come while a commit is under way share the next one.

    While `more` says that others are about to come, the first waits a moment for them. While the store is away
    they are kept: an effect that happened must not be forgotten, or it happens twice.
    """

    def __init__(self, store: Store[Any], collection: str, more: Callable[[], bool] = lambda: False) -> None:
        self._store = store
        self._collection = collection
        self._rows = store.collection(collection)
        self._more = more
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Lock()
        self._hurried = asyncio.Event()

    async def write(self, row: Row, outcome: Outcome) -> Decided | None:
        """What was committed, or None because the lease is another's by now.

        Tried for as long as the store is away; raises what else prevented it.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._tried(row, outcome)
            except Exception as error:
                if kind_of(error) is not Kind.AWAY:
                    raise
                if pause == FIRST_PAUSE:
                    log.warning("outcome.kept", collection=self._rows.name, row=row["_id"], exc_info=error)
            await self._rest(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, LONGEST_PAUSE)

    def hurry(self) -> None:
        """This process ends: what is kept is tried again at once, and often."""
        self._hurried.set()

    async def _rest(self, pause: float) -> None:
        if self._hurried.is_set():
            await asyncio.sleep(FIRST_PAUSE)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurried.wait(), pause)

    async def _tried(self, row: Row, outcome: Outcome) -> Decided | None:
        mine = _Waiting(row, outcome, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        async with self._turn:
            if not mine.written.done():
                if self._more():
                    await asyncio.sleep(GATHERS)
                await self._write_waiting()
        return await mine.written

    async def _write_waiting(self) -> None:
        batch, self._waiting = self._waiting, []
        await self._write_together(batch)

    async def _write_together(self, batch: Sequence[_Waiting]) -> None:
        try:
            committed = await self._store.transact(lambda tx: self._commit(tx, batch))
        except Exception as error:
            await self._after(batch, error)
        except BaseException:
            _fail(batch, BackingServiceAway("store"))
            raise
        else:
            for each in batch:
                _end(each, committed.get(each.row["_id"]))

    async def _after(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """One of several may be what the store cannot take: then each is tried alone."""
        if len(batch) == 1 or kind_of(error) is Kind.AWAY:
            _fail(batch, error)
            return
        for each in batch:
            await self._write_together([each])

    async def _commit(self, tx: Tx, batch: Sequence[_Waiting]) -> dict[str, Decided]:
        """Write the outcomes, and the events of those whose lease is still ours, by the rows' ids."""
        found = await self._found(tx, batch)
        held = [each for each in batch if _holds(each, found)]
        decided = {each.row["_id"]: each.decided(found[each.row["_id"]]) for each in held}
        for row_id, outcome in decided.items():
            tx.writing.update(self._collection, row_id, {"$set": _changes(outcome)})
        _tell(tx, held, decided)
        return decided

    async def _found(self, tx: Tx, batch: Sequence[_Waiting]) -> dict[str, Row]:
        query = {"_id": {"$in": [each.row["_id"] for each in batch]}, "state": "sending"}
        judged = any(isinstance(each.outcome, Judged) for each in batch)
        rows = self._rows.find(query, None if judged else {"lease_owner": 1}, session=tx.session)
        return {row["_id"]: row for row in await rows.to_list(len(batch))}


def _tell(tx: Tx, batch: Sequence[_Waiting], decided: Mapping[str, Decided]) -> None:
    for each in batch:
        with continuing(each.row.get("traceparent"), "outcome"):
            for event, key in decided[each.row["_id"]].events:
                tx.publish(event, key)


def _holds(each: _Waiting, found: Mapping[str, Row]) -> bool:
    row = found.get(each.row["_id"])
    return row is not None and row["lease_owner"] == each.row["lease_owner"]


def _changes(outcome: Decided) -> Row:
    changes: Row = {**outcome.fields, "state": outcome.state, "lease_owner": None}
    if isinstance(outcome, Again):
        changes["due_at"] = outcome.due_at
    return changes


def _end(each: _Waiting, committed: Decided | None) -> None:
    if not each.written.done():
        each.written.set_result(committed)


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for each in batch:
        if not each.written.done():
            each.written.set_exception(error)
