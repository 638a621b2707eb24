"""Which rows of a leased queue come next: the longest due first, with a fair share for each key."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel

from chassis.store import Row


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
    """Finds rows that are due, and those whose lease ran out."""

    def __init__(self, rows: AsyncIOMotorCollection[Row], shares: Shares | None) -> None:
        self._rows = rows
        self._shares = shares

    async def find(self, at: datetime, most: int, busy: Mapping[str, int]) -> list[Row]:
        """At most `most` rows that may be taken while `busy` rows of each key are being performed."""
        found = await self._rows.find(queued(at)).sort("due_at", ASCENDING).limit(most).to_list(most)
        if len(found) < most:
            left = self._rows.find(cut(at)).sort("lease_until", ASCENDING)
            found += await left.limit(most - len(found)).to_list(most)
        if self._shares is None:
            return found
        given = _Given(self._shares, busy)
        fair = [row for row in found if given.take(row)]
        if len(found) == most and len(fair) < most:
            fair += await self._of_other_keys(self._shares, at, most - len(fair), given)
        return fair

    async def _of_other_keys(self, shares: Shares, at: datetime, most: int, given: "_Given") -> list[Row]:
        """The rows behind those of keys that have all they may: of every other key a share, in no order."""
        rows: list[Row] = []
        # one question by the index, not one a key: not every store finds the next key without reading the last
        queued_keys = await self._rows.distinct(shares.field, {"state": "queued"})
        keys = [key for key in queued_keys if given.left(key) > 0]
        for key in random.sample(keys, len(keys)):
            if len(rows) < most:
                due = self._rows.find({"state": "queued", shares.field: key, "due_at": {"$lte": at}})
                share = min(given.left(key), most - len(rows))
                # a few more than its share: those of its front are chosen already
                few = await due.sort("due_at", ASCENDING).limit(share + shares.at_once).to_list(None)
                rows += [row for row in few if given.take(row)][:share]
        return rows


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
    return {"state": "sending", "lease_until": {"$lte": at}}


def busy_keys(rows: Iterable[Row], shares: Shares | None) -> Mapping[str, int]:
    """How many of these rows there are of each key."""
    return Counter(row[shares.field] for row in rows) if shares else {}
