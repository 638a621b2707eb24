"""Effects outside the store (e-mail, SMS, SMTP) as leased rows: at least once, and never silently lost.

A row goes `queued → sending → <final state>`; whoever takes it does so by compare-and-set and for a time:
a lease that runs out is taken again, with everything fixed when the row was queued.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pymongo import ASCENDING, IndexModel

from chassis.background import PAUSE_WHEN_AWAY, Loop
from chassis.candidates import Candidates, Shares, busy_keys, cut, queued
from chassis.clock import Clock, now
from chassis.errors import BackingServiceAway, Kind, PliError, kind_of
from chassis.grace import Grace
from chassis.ids import new_id
from chassis.outcomes import Again, Done, GiveUp, Judged, Outcome, Outcomes
from chassis.part import Check
from chassis.store import Row, Store, Tx, away
from chassis.store.wake import Waker, woken
from chassis.telemetry import continuing, current_traceparent, log
from chassis.telemetry.metrics import EFFECTS

__all__ = [
    "LEASED_INDEXES",
    "Again",
    "Done",
    "GiveUp",
    "Judged",
    "LeasedQueue",
    "Outcome",
    "Perform",
    "Shares",
    "new_row",
]

SWEEP_AFTER = 1.0
RETRY_UNFORESEEN = timedelta(seconds=30)
AHEAD = 256
"""Due rows read at once, whatever there is room for: the local store reads all that are due to give the first."""
UNWRITTEN = 4
"""Times `concurrency`: how many rows may be under way with those whose outcome is not committed yet."""

Perform = Callable[[Row], Awaitable[Outcome]]

LEASED_INDEXES = (IndexModel([("state", ASCENDING), ("due_at", ASCENDING)]),)
"""A service declares these for each collection that a `LeasedQueue` works on.

`due_at` says when a row is to be looked at again: while it is being sent, when its lease ends.
"""


def new_row(row_id: str, due_at: datetime, **fields: Any) -> Row:
    """A row to insert in the transaction that decides on the effect."""
    return {
        "_id": row_id,
        "state": "queued",
        "due_at": due_at,
        "attempts": 0,
        "lease_owner": None,
        "traceparent": current_traceparent(),
        **fields,
    }


class LeasedQueue:
    """Performs the rows of one collection, at most `concurrency` at once in this process.

    `shares` keep the rows of one key from taking all the places. `in_floods`: rows come several at a time, and
    outcomes wait a moment for each other. A lease is renewed while its row is being performed, and until its
    outcome is written: `lease` is how soon the rows of a killed worker are taken up, and says nothing of how long
    an effect may take.
    """

    def __init__(
        self,
        store: Store[Any],
        collection: str,
        perform: Perform,
        *,
        concurrency: int = 8,
        lease: timedelta = timedelta(seconds=90),
        shares: Shares | None = None,
        in_floods: bool = False,
        clock: Clock = now,
    ) -> None:
        self.name = f"{collection}-queue"
        self._store = store
        self._collection = collection
        self._rows = store.collection(collection)
        self._perform = perform
        self._outcomes = Outcomes(store, collection, lambda: in_floods and bool(self._performing))
        self._concurrency = concurrency
        self._shares = shares
        self._candidates = Candidates(self._rows, shares)
        self._performing: dict[tuple[str, str], Row] = {}
        self._held: dict[tuple[str, str], Row] = {}
        self._unread: set[str] = set()
        """Leases under which rows may have been taken that this process knows nothing of."""
        self._freed = asyncio.Event()
        self._lease = lease
        self._grace = Grace(lease.total_seconds(), max(lease.total_seconds() / 2, 3 * SWEEP_AFTER))
        self._renewable: list[Row] = []
        self._clock = clock
        self._wake = asyncio.Event()
        self._waker = Waker(store, collection, self._hear)
        self._offered: list[Row] = []
        self._more = True
        self._looked_at = 0.0
        self._loop = Loop(self.name, self._turn)
        self._renewing = Loop(f"{self.name}-leases", self._renew)
        self._under_way: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to perform; the store may come later."""
        self._waker.start()
        self._loop.start()
        self._renewing.start()

    async def stop(self) -> None:
        """Take no more rows and finish those under way; one that is cut is taken again after its lease."""
        self._outcomes.hurry()
        await self._waker.stop()
        await self._loop.stop()
        await self._give_back()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=5.0)
        for task in self._under_way:
            task.cancel()
        await self._renewing.stop()

    def taken(self, rows: Sequence[Row]) -> list[Row]:
        """New rows as this process may write them: taken already, as far as there is room to perform them.

        They must be offered once they are committed: those of a commit that failed, or of a process that dies
        before, are taken up when their lease has run out. Not for a queue with shares.
        """
        room = max(self._free() - len(self._offered), 0) if self._loop.running else 0
        leased = {**self._leased(), "attempts": 1}
        return [*(row | leased for row in rows[:room]), *rows[room:]]

    def offer(self, rows: Sequence[Row]) -> None:
        """Rows that this process has just committed, as they were written: they need not be looked for.

        Not for a queue with shares. Those that were `taken` come first, for nobody else looks for them while their
        lease runs. What there is no room for is found when its turn comes.
        """
        ours = [row for row in rows if row["state"] == "sending"]
        others = [row for row in rows if row["state"] != "sending"]
        room = max(UNWRITTEN * self._concurrency - len(self._offered), 0)
        self._offered = [*ours, *self._offered, *others[:room]]
        self._more |= len(others) > room
        self._wake.set()

    def _hear(self) -> None:
        """Another process wrote rows."""
        self._more = True
        self._wake.set()

    def checks(self) -> Mapping[str, Check]:
        """Ready while rows are looked for."""
        return {self.name: self._loop.check}

    async def _turn(self) -> None:
        await self._place()
        if self._unread:
            await self._give_back_unread()
        found = self._offers() or await self._due()
        taken = await self._take(found) if found else []
        for row in taken:
            self._begin(row)
        if not taken and not self._offered:
            await woken(self._wake, SWEEP_AFTER)

    async def _renew(self) -> None:
        """Hold on to the rows under way that are older than a sweep of this: at once when that failed before."""
        if not self._renewable:
            self._renewable = list(self._held.values())
            await asyncio.sleep(self._lease / timedelta(seconds=3))
        held = self._renewable = [row for row in self._renewable if _lease_of(row) in self._held]
        if held:
            await self._hold_on_to(held)
            self._grace.heard()
        self._renewable = []

    async def _hold_on_to(self, held: Sequence[Row]) -> None:
        still = _still_leased(held)
        until = self._clock() + self._lease
        await self._change((still, {"$set": {"due_at": until}}))
        with away():
            ours = await self._rows.find(still, {"lease_owner": 1}).to_list(len(held))
        renewed = {_lease_of(row) for row in ours}
        for row in held:
            if _lease_of(row) in renewed:
                row["due_at"] = until

    def holds(self, row: Row) -> bool:
        """Whether the lease of a row under way still runs, so that nobody else can have taken it.

        By this process's own clock, and by what the store last confirmed: for an effect to ask before it does what
        cannot be taken back.
        """
        return bool(self._clock() < row["due_at"])

    async def _change(self, *changes: tuple[Row, Row]) -> None:
        """Of many rows, in a transaction: outside of one the local store may stand still (docs/adr/0015)."""

        async def work(tx: Tx) -> None:
            for still, change in changes:
                await self._rows.update_many(still, change, session=tx.session)

        await self._store.transact(work)

    async def _place(self) -> None:
        """Wait until another row may be performed: too many unwritten outcomes hold it back, too."""
        while self._free() <= 0:
            self._freed.clear()
            await self._freed.wait()

    def _free(self) -> int:
        return min(self._concurrency - len(self._performing), UNWRITTEN * self._concurrency - len(self._under_way))

    def _offers(self) -> list[Row]:
        most = self._free()
        rows, self._offered = self._offered[:most], self._offered[most:]
        return rows

    async def _due(self) -> list[Row]:
        """Rows that were not offered, looked for when there may be some."""
        at, most = asyncio.get_running_loop().time(), self._free()
        if not self._more and self._shares is None and at - self._looked_at < SWEEP_AFTER:
            return []
        offered_all, self._more, self._looked_at = not self._more, False, at
        wanted = most if self._shares else max(most, AHEAD)
        with away():
            found = await self._candidates.find(
                self._clock(), wanted, busy_keys(self._performing.values(), self._shares)
            )
        self._grace.heard()
        self._more |= len(found) >= wanted
        if offered_all and any(row["attempts"] == 0 for row in found):
            self._waker.heard()
        ahead = found[most:]
        random.shuffle(ahead)  # or workers that read the same rows would go on asking for the same few
        self._offered += ahead
        return found[:most]

    async def _take(self, rows: Sequence[Row]) -> list[Row]:
        """Those of the rows that no other worker was faster to take, under a lease of their own.

        One that is under way here still isn't cut, though its lease could not be renewed; nor may one be that is
        under way elsewhere, while the store's grace lasts.
        """
        held = {row["_id"] for row in self._held.values()}
        written: list[Row] = []
        others: list[Row] = []
        for row in (row for row in rows if row["_id"] not in held):
            if self._is_written_taken(row):
                written.append(row)
            elif row["state"] == "queued" or self._grace.over:
                others.append(row)
        try:
            return [*written, *(await self._take_queued(others) if others else [])]
        except BaseException:
            self._offered = [*written, *self._offered]
            raise

    def _is_written_taken(self, row: Row) -> bool:
        """Whether it was `taken` when it was written, and its lease still runs when leases are renewed next."""
        return bool(row["state"] == "sending" and row["due_at"] - self._clock() > self._lease * 2 / 3)

    def _leased(self) -> Row:
        return {"state": "sending", "due_at": self._clock() + self._lease, "lease_owner": new_id()}

    async def _take_queued(self, rows: Sequence[Row]) -> list[Row]:
        """Read back as they are under the lease: what was offered or found ahead others may have changed since."""
        at, leased = self._clock(), self._leased()
        taking = {"$set": leased, "$inc": {"attempts": 1}}
        self._unread.add(leased["lease_owner"])
        changes = [
            ({"_id": {"$in": ids}, **still}, taking)
            for state, still in (("queued", queued(at)), ("sending", cut(at)))
            if (ids := [row["_id"] for row in rows if row["state"] == state])
        ]
        await self._change(*changes)
        with away():
            mine = {"_id": {"$in": [row["_id"] for row in rows]}, "lease_owner": leased["lease_owner"]}
            taken = await self._rows.find(mine).sort("due_at", ASCENDING).to_list(len(rows))
        self._unread.clear()
        return taken

    async def _give_back_unread(self) -> None:
        """Queue again what was taken and, for an error or an end in the middle of it, never read."""
        unread = {"state": "sending", "lease_owner": {"$in": list(self._unread)}}
        queued_again = {"state": "queued", "due_at": self._clock(), "lease_owner": None}
        await self._change((unread, {"$set": queued_again, "$inc": {"attempts": -1}}))
        self._unread.clear()

    async def _give_back(self) -> None:
        """Let another worker take what was taken and never begun; if that fails, after its lease."""
        if self._unread:
            with suppress(BackingServiceAway):
                await self._give_back_unread()
        held = [row for row in self._offered if row["state"] == "sending" and self.holds(row)]
        self._offered = []
        if held:
            queued_again = {"state": "queued", "due_at": self._clock(), "lease_owner": None, "attempts": 0}
            with suppress(BackingServiceAway):
                await self._change((_still_leased(held), {"$set": queued_again}))

    def _begin(self, row: Row) -> None:
        self._performing[_lease_of(row)] = self._held[_lease_of(row)] = row
        task = asyncio.create_task(self._one(row))
        self._under_way.add(task)
        task.add_done_callback(partial(self._ended, row))

    def _ended(self, row: Row, task: asyncio.Task[None]) -> None:
        self._held.pop(_lease_of(row), None)
        self._under_way.discard(task)
        self._freed.set()
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            log.warning("effect.unrecorded", queue=self.name, exc_info=error)

    async def _one(self, row: Row) -> None:
        with continuing(row.get("traceparent"), self.name):
            try:
                outcome = await self._outcome(row)
            finally:
                self._leave(row)
            written = await self._outcomes.write(row, outcome)
            self._grace.heard()
            EFFECTS.labels(self.name, written.state if written else "lease-lost").inc()

    def _leave(self, row: Row) -> None:
        """Another row may be performed; when it had to wait for its key's share, it is looked for now."""
        self._performing.pop(_lease_of(row), None)
        self._freed.set()
        if self._shares:
            self._wake.set()

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


def _still_leased(rows: Sequence[Row]) -> Row:
    """Those of these rows that are under the lease they were taken with."""
    return {
        "_id": {"$in": [row["_id"] for row in rows]},
        "lease_owner": {"$in": list({row["lease_owner"] for row in rows})},
        "state": "sending",
    }


def _lease_of(row: Row) -> tuple[str, str]:
    return row["_id"], row["lease_owner"]
