"""The inbox: an event's mark is committed with its effect, so that none acts twice."""

from collections.abc import Collection, Sequence
from typing import Any

from chassis.bus.subscription import Delivered, Subscription
from chassis.clock import now
from chassis.store import Store, Tx


class SeenBefore(Exception):
    """Some of a batch has a mark already: its transaction is void, and another one must look which."""


class Inbox:
    """Marks `(group, ce_id)` of one subscription; a mark that exists means done."""

    def __init__(self, store: Store[Any], subscription: Subscription) -> None:
        self._marks = store.collection("inbox")
        self._subscription = subscription
        self._group = subscription.declared.group_of(store.service)

    async def mark(self, tx: Tx, batch: Sequence[Delivered]) -> list[Delivered]:
        """All of `batch`, in order, each once, marked with this commit, which raises `SeenBefore`: rarely."""
        if not self._subscription.inbox:
            return list(batch)
        by_mark = self._by_mark(batch)
        self._insert(tx, by_mark)
        return list(reversed(by_mark.values()))

    async def unseen(self, tx: Tx, batch: Sequence[Delivered]) -> list[Delivered]:
        """Those of `batch` that have no mark yet, in order, each once; they are marked with this commit."""
        by_mark = self._by_mark(batch)
        known = self._marks.find({"_id": {"$in": list(by_mark)}}, {"_id": 1}, session=tx.session)
        for mark in await known.to_list(len(by_mark)):
            del by_mark[mark["_id"]]
        self._insert(tx, by_mark)
        return list(reversed(by_mark.values()))

    def _insert(self, tx: Tx, marks: Collection[str]) -> None:
        expires_at = now() + self._subscription.marks_live
        rows = [{"_id": mark, "expires_at": expires_at} for mark in marks]
        tx.writing.insert("inbox", rows, taken=SeenBefore)

    def _by_mark(self, batch: Sequence[Delivered]) -> dict[str, Delivered]:
        return {self._mark_of(delivered): delivered for delivered in reversed(batch)}

    def _mark_of(self, delivered: Delivered) -> str:
        return f"{self._group}|{delivered.envelope.id}"
