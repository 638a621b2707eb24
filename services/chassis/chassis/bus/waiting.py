"""Events that came before the patient they speak of: kept aside as rows, tried again, an hour at most."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bson.binary import Binary
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from chassis.bus.subscription import Raw
from chassis.clock import now
from chassis.store import Row, Store, away

PATIENCE = timedelta(hours=1)
FIRST_PAUSE = timedelta(milliseconds=500)
LONGEST_PAUSE = timedelta(seconds=30)
AT_ONCE = 50
TRIED_WITHIN = timedelta(seconds=60)
"""How soon a row is another replica's to try when the one that took it has died, or its store or bus is away."""


class Waiting:
    """The `waiting` collection of a service."""

    def __init__(self, store: Store[Any]) -> None:
        self._rows = store.collection("waiting")

    async def keep(self, raw: Raw) -> None:
        """Set a record aside; one that is aside already stays as it is."""
        at = now()
        row = {
            "_id": _row_id(raw),
            "topic": raw.topic,
            "partition": raw.partition,
            "offset": raw.offset,
            "key": _binary(raw.key),
            "value": _binary(raw.value),
            "headers": [[name, Binary(value)] for name, value in raw.headers],
            "since": at,
            "due_at": at + FIRST_PAUSE,
            "attempts": 1,
        }
        try:
            with away():
                await self._rows.insert_one(row)
        except DuplicateKeyError:
            return

    async def due(self, topics: Sequence[str]) -> list[Row]:
        """Rows to try again now, the longest due first."""
        query = {"due_at": {"$lte": now()}, "topic": {"$in": list(topics)}}
        with away():
            return await self._rows.find(query).sort("due_at", ASCENDING).limit(AT_ONCE).to_list(AT_ONCE)

    async def take(self, row: Row) -> bool:
        """Whether this row is this replica's to try: all sweep the same rows, and each is tried by one."""
        still = {"_id": row["_id"], "due_at": row["due_at"]}
        with away():
            taken = await self._rows.update_one(still, {"$set": {"due_at": now() + TRIED_WITHIN}})
        return taken.modified_count == 1

    async def postpone(self, row: Row) -> None:
        """Try this one later, each time a little later."""
        pause = min(FIRST_PAUSE * 2 ** min(int(row["attempts"]), 10), LONGEST_PAUSE)
        change = {"$set": {"due_at": now() + pause}, "$inc": {"attempts": 1}}
        with away():
            await self._rows.update_one({"_id": row["_id"]}, change)

    async def forget(self, row: Row) -> None:
        """This one is done, or has become a dead letter."""
        with away():
            await self._rows.delete_one({"_id": row["_id"]})


def raw_of(row: Row) -> Raw:
    """The record as it came from the bus."""
    return Raw(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=None if row["key"] is None else bytes(row["key"]),
        value=None if row["value"] is None else bytes(row["value"]),
        headers=tuple((name, bytes(value)) for name, value in row["headers"]),
    )


def is_over(row: Row, at: datetime) -> bool:
    """Whether this one has waited for as long as any may."""
    return bool(at - row["since"] > PATIENCE)


def _row_id(raw: Raw) -> str:
    return f"{raw.topic}/{raw.partition}/{raw.offset}"


def _binary(value: bytes | None) -> Binary | None:
    return None if value is None else Binary(value)
