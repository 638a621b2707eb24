"""What became of effects, written to their rows with the events that tell it: many in one transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from chassis.errors import BackingServiceAway, Kind, kind_of
from chassis.store import Row, Store, Tx
from chassis.telemetry import continuing
from contracts.base import Event

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


@dataclass(frozen=True)
class _Waiting:
    """An outcome that waits for its commit."""

    row: Row
    outcome: Outcome
    written: "asyncio.Future[None]"

    @property
    def lease(self) -> Row:
        """The row, as long as the lease under which the effect was performed holds."""
        return {"_id": self.row["_id"], "lease_owner": self.row["lease_owner"], "state": "sending"}


class Outcomes:
    """Writes outcomes as they come; those that come while a commit is under way share the next one."""

    def __init__(self, store: Store[Any], collection: str) -> None:
        self._store = store
        self._rows = store.collection(collection)
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Lock()

    async def write(self, row: Row, outcome: Outcome) -> None:
        """Return once the outcome is committed, or void because the lease ran out. Raises what prevented it."""
        mine = _Waiting(row, outcome, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        async with self._turn:
            if not mine.written.done():
                await self._write_waiting()
        await mine.written

    async def _write_waiting(self) -> None:
        batch, self._waiting = self._waiting, []
        await self._write_together(batch)

    async def _write_together(self, batch: Sequence[_Waiting]) -> None:
        try:
            await self._store.transact(lambda tx: self._commit(tx, batch))
        except Exception as error:
            await self._after(batch, error)
        except BaseException:
            _fail(batch, BackingServiceAway("store"))
            raise
        else:
            for each in batch:
                _end(each)

    async def _after(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """One of several may be what the store cannot take: then each is tried alone."""
        if len(batch) == 1 or kind_of(error) is Kind.AWAY:
            _fail(batch, error)
            return
        for each in batch:
            await self._write_together([each])

    async def _commit(self, tx: Tx, batch: Sequence[_Waiting]) -> None:
        """Write the outcomes, and the events of those whose lease is still ours."""
        held = await self._held(tx, batch)
        if not held:
            return
        changes = [UpdateOne(each.lease, {"$set": _changes(each.outcome)}) for each in held]
        await self._rows.bulk_write(changes, session=tx.session)
        for each in held:
            with continuing(each.row.get("traceparent"), "outcome"):
                for event, key in each.outcome.events:
                    tx.publish(event, key)

    async def _held(self, tx: Tx, batch: Sequence[_Waiting]) -> list[_Waiting]:
        query = {"_id": {"$in": [each.row["_id"] for each in batch]}, "state": "sending"}
        rows = await self._rows.find(query, {"lease_owner": 1}, session=tx.session).to_list(len(batch))
        owners = {row["_id"]: row["lease_owner"] for row in rows}
        return [each for each in batch if owners.get(each.row["_id"]) == each.row["lease_owner"]]


def _changes(outcome: Outcome) -> Row:
    changes: Row = {**outcome.fields, "state": outcome.state, "lease_until": None, "lease_owner": None}
    if isinstance(outcome, Again):
        changes["due_at"] = outcome.due_at
    return changes


def _end(each: _Waiting) -> None:
    if not each.written.done():
        each.written.set_result(None)


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for each in batch:
        if not each.written.done():
            each.written.set_exception(error)
