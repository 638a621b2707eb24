"""The mailbox: its exact counters and the list of conversations, a page at a time by key."""

from msgspec import Struct

from chassis.errors import NotFound, NotYet
from chassis.store import Row, Store, Tx
from messaging.domain.model import Conversation, Draft, Mailbox
from messaging.store.paging import PageKey, beyond
from messaging.store.rows import reading, row_of, session_of, struct_of

PAGE_SIZE = 50


class MailboxPage(Struct, frozen=True, kw_only=True):
    """Up to 50 rows of the list, latest activity first.

    `older` and `newer` are what to ask for the neighbouring pages, None where there is none.
    """

    rows: tuple[Conversation, ...]
    older: PageKey | None
    newer: PageKey | None


class Mailboxes(Store[Tx]):
    """Collections `mailboxes`, `conversations`."""

    async def mailbox(self, patient_id: str, tx: Tx | None = None) -> Mailbox:
        """The counters. Raises `NotYet` while the mailbox isn't open."""
        with reading(tx):
            row = await self.collection("mailboxes").find_one({"_id": patient_id}, session=session_of(tx))
        if row is None:
            raise NotYet(patient_id)
        return struct_of(Mailbox, row)

    async def open_mailbox(self, tx: Tx, mailbox: Mailbox) -> None:
        """Write a mailbox that does not exist yet."""
        await self.collection("mailboxes").insert_one(row_of(mailbox), session=tx.session)

    async def count(
        self, tx: Tx, patient_id: str, *, unread: int = 0, conversations: int = 0, letters: int = 0
    ) -> None:
        """Add to the counters and to the mailbox's revision, in the transaction that changes the rows."""
        added = {"unread": unread, "conversations": conversations, "letters": letters, "revision": 1}
        await self.collection("mailboxes").update_one({"_id": patient_id}, {"$inc": added}, session=tx.session)

    async def mailbox_page(
        self,
        patient_id: str,
        *,
        older_than: PageKey | None = None,
        newer_than: PageKey | None = None,
        size: int = PAGE_SIZE,
    ) -> MailboxPage:
        """A page of the list: what follows `older_than`, what precedes `newer_than`, or the first page."""
        backwards = newer_than is not None
        direction = 1 if backwards else -1
        rows: list[Conversation] = []
        for query in beyond(
            {"patient_id": patient_id}, "last_activity_at", newer_than or older_than, newer=backwards
        ):
            rows += await self._listed(query, direction, size + 1 - len(rows))
        return _page(rows, size, backwards=backwards, moved=(older_than or newer_than) is not None)

    async def _listed(self, query: Row, direction: int, most: int) -> list[Conversation]:
        if most <= 0:
            return []
        with reading(None):
            cursor = self.collection("conversations").find(query, {"voices": 0})
            cursor = cursor.sort([("last_activity_at", direction), ("_id", direction)]).limit(most)
            return [struct_of(Conversation, row) async for row in cursor]

    async def conversation(self, patient_id: str, conversation_id: str, tx: Tx | None = None) -> Conversation:
        """A row of the list. Raises `NotFound`; `conversation_of` tells where a merged one went."""
        key = {"_id": conversation_id, "patient_id": patient_id}
        with reading(tx):
            row = await self.collection("conversations").find_one(key, session=session_of(tx))
        if row is None:
            raise NotFound(f"conversation {conversation_id}")
        return struct_of(Conversation, row)

    async def conversations(self, patient_id: str, ids: list[str], tx: Tx | None = None) -> list[Conversation]:
        """Several rows of the list, in no order; those that aren't there are missing."""
        query = {"_id": {"$in": ids}, "patient_id": patient_id}
        with reading(tx):
            rows = self.collection("conversations").find(query, session=session_of(tx))
            return [struct_of(Conversation, row) async for row in rows]

    async def save_conversation(self, tx: Tx, conversation: Conversation) -> None:
        """Write the row as it is now."""
        key = {"_id": conversation.id, "patient_id": conversation.patient_id}
        await self.collection("conversations").replace_one(
            key, row_of(conversation), upsert=True, session=tx.session
        )

    async def remove_conversations(self, tx: Tx, patient_id: str, ids: list[str]) -> None:
        """Take away rows that were merged into another."""
        query = {"_id": {"$in": ids}, "patient_id": patient_id}
        await self.collection("conversations").delete_many(query, session=tx.session)

    async def remove_unbegun(self, tx: Tx, draft: Draft) -> int:
        """Take away the row of a conversation that only this draft, now gone, was to begin; 1 if there was one."""
        key = {"_id": draft.id, "patient_id": draft.patient_id, "messages": 0}
        result = await self.collection("conversations").delete_one(key, session=tx.session)
        return int(result.deleted_count)


def _page(rows: list[Conversation], size: int, *, backwards: bool, moved: bool) -> MailboxPage:
    more = len(rows) > size
    shown = rows[:size][::-1] if backwards else rows[:size]
    if not shown:
        return MailboxPage(rows=(), older=None, newer=None)
    has_older, has_newer = (moved, more) if backwards else (more, moved)
    return MailboxPage(
        rows=tuple(shown),
        older=_key_of(shown[-1]) if has_older else None,
        newer=_key_of(shown[0]) if has_newer else None,
    )


def _key_of(row: Conversation) -> PageKey:
    return PageKey(at=row.last_activity_at, id=row.id)
