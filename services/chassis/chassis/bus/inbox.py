"""The inbox: an event's mark is committed with its effect, so that none acts twice."""

from collections.abc import Collection, Sequence
from typing import Any

from pymongo.errors import BulkWriteError

from chassis.bus.subscription import Delivered, Subscription
from chassis.clock import now
from chassis.store import Store, Tx

DUPLICATE_KEY = 11000


class SeenBefore(Exception):
    """Some of a batch has a mark already: its transaction is void, and another one must look which."""


class Inbox:
    """Marks `(group, ce_id)` of one subscription; a mark that exists means done."""

    def __init__(self, store: Store[Any], subscription: Subscription) -> None:
        self._marks = store.collection("inbox")
        self._subscription = subscription
        self._group = subscription.declared.group_of(store.service)

    async def mark(self, tx: Tx, batch: Sequence[Delivered]) -> list[Delivered]:
        """All of `batch`, in order, each once, marked with this commit. Raises `SeenBefore`: rarely."""
        if not self._subscription.inbox:
            return list(batch)
        by_mark = self._by_mark(batch)
        try:
            await self._insert(tx, by_mark)
        except BulkWriteError as error:
            if any(one["code"] == DUPLICATE_KEY for one in error.details.get("writeErrors", ())):
                raise SeenBefore from error
            raise
        return list(reversed(by_mark.values()))

    async def unseen(self, tx: Tx, batch: Sequence[Delivered]) -> list[Delivered]:
        """Those of `batch` that have no mark yet, in order, each once; they are marked with this commit."""
        by_mark = self._by_mark(batch)
        known = self._marks.find({"_id": {"$in": list(by_mark)}}, {"_id": 1}, session=tx.session)
        for mark in await known.to_list(len(by_mark)):
            del by_mark[mark["_id"]]
        if by_mark:
            await self._insert(tx, by_mark)
        return list(reversed(by_mark.values()))

    async def _insert(self, tx: Tx, marks: Collection[str]) -> None:
        expires_at = now() + self._subscription.marks_live
        rows = [{"_id": mark, "expires_at": expires_at} for mark in marks]
        await self._marks.insert_many(rows, session=tx.session)

    def _by_mark(self, batch: Sequence[Delivered]) -> dict[str, Delivered]:
        return {self._mark_of(delivered): delivered for delivered in reversed(batch)}

    def _mark_of(self, delivered: Delivered) -> str:
        return f"{self._group}|{delivered.envelope.id}"
