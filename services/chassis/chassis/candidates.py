"""Which rows of a leased queue come next: the longest due first, with a fair share for each key."""

import random
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel

from chassis.store import Row

LOOKED_AHEAD = 4
FRESH = 1.0
"""Seconds for which what was found ahead is given, and for which a key that has the queue to itself is left so."""


@dataclass(frozen=True)
class Shares:
    """Of the rows with the same value in `field`, at most `at_once` are performed at a time in a process.

    So a peer that is slow, or a flood towards one, holds up nobody else's rows.
    """

    field: str
    at_once: int

    @property
    def index(self) -> IndexModel:
        """To be declared for the collection, beside `LEASED_INDEXES`."""
        return IndexModel([("state", ASCENDING), (self.field, ASCENDING), ("due_at", ASCENDING)])


class Candidates:
    """Finds rows that are due, and those whose lease ran out.

    With shares it looks further ahead than it may give, and gives of that for a second before it looks again.
    """

    def __init__(self, rows: AsyncIOMotorCollection[Row], shares: Shares | None) -> None:
        self._rows = rows
        self._shares = shares
        self._ahead: list[Row] = []
        self._looked_at = self._alone_since = -FRESH

    async def find(self, at: datetime, most: int, busy: Mapping[str, int]) -> list[Row]:
        """At most `most` rows that may be taken while `busy` rows of each key are being performed."""
        if self._shares is None:
            return await self._oldest(at, most)
        given = _Given(self._shares, busy)
        if time.monotonic() - self._looked_at < FRESH and (fair := self._of_those_ahead(given, most)):
            return fair
        wanted = most * LOOKED_AHEAD
        self._ahead = await self._oldest(at, wanted)
        full = len(self._ahead) >= wanted
        fair = self._of_those_ahead(given, most)
        if full and len(fair) < most and time.monotonic() - self._alone_since >= FRESH:
            await self._look_at_other_keys(self._shares, at, wanted, given)
            fair += self._of_those_ahead(given, most - len(fair))
        self._looked_at = time.monotonic()
        return fair

    async def _oldest(self, at: datetime, most: int) -> list[Row]:
        found = await self._rows.find(queued(at)).sort("due_at", ASCENDING).limit(most).to_list(most)
        if len(found) < most:
            left = self._rows.find(cut(at)).sort("due_at", ASCENDING)
            found += await left.limit(most - len(found)).to_list(most)
        return found

    def _of_those_ahead(self, given: "_Given", most: int) -> list[Row]:
        fair: list[Row] = []
        kept: list[Row] = []
        for row in self._ahead:
            (fair if len(fair) < most and given.take(row) else kept).append(row)
        self._ahead = kept
        return fair

    async def _look_at_other_keys(self, shares: Shares, at: datetime, most: int, given: "_Given") -> None:
        """Put the rows of keys that may have more before those that fill the front: of each a few, in no order."""
        # one question by the index, not one a key: not every store finds the next key without reading the last
        due_keys = await self._rows.distinct(shares.field, queued(at))
        keys = [key for key in due_keys if given.left(key) > 0]
        if not keys:
            self._alone_since = time.monotonic()
        others: list[Row] = []
        for key in random.sample(keys, min(len(keys), most)):
            if len(others) < most:
                due = self._rows.find({**queued(at), shares.field: key})
                others += await due.sort("due_at", ASCENDING).limit(2 * shares.at_once).to_list(None)
        known = {row["_id"] for row in others}
        self._ahead = [*others, *(row for row in self._ahead if row["_id"] not in known)]


class _Given:
    """What each key has been given."""

    def __init__(self, shares: Shares, busy: Mapping[str, int]) -> None:
        self._shares = shares
        self._busy = Counter(busy)
        self._taken: set[str] = set()

    def left(self, key: str) -> int:
        return self._shares.at_once - self._busy[key]

    def take(self, row: Row) -> bool:
        """Whether this row may be taken too, and hasn't been."""
        key = row[self._shares.field]
        if self.left(key) <= 0 or row["_id"] in self._taken:
            return False
        self._busy[key] += 1
        self._taken.add(row["_id"])
        return True


def queued(at: datetime) -> Row:
    """Rows that are due."""
    return {"state": "queued", "due_at": {"$lte": at}}


def cut(at: datetime) -> Row:
    """Rows whose worker is gone."""
    return {"state": "sending", "due_at": {"$lte": at}}


def busy_keys(rows: Iterable[Row], shares: Shares | None) -> Mapping[str, int]:
    """How many of these rows there are of each key."""
    return Counter(row[shares.field] for row in rows) if shares else {}
