"""The mailbox: its exact counters, and the rows of its lists one by one."""

from chassis.errors import NotFound, NotYet
from chassis.store import Row, Tx
from messaging.domain.facets import facets_of
from messaging.domain.model import Conversation, Draft, Mailbox
from messaging.domain.trash import share_of
from messaging.store.rows import own_row, reading, row_of, session_of, struct_of
from messaging.store.walks import Walks


class Mailboxes(Walks):
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

    async def conversation(self, patient_id: str, conversation_id: str, tx: Tx | None = None) -> Conversation:
        """A row of the list. Raises `NotFound`; `conversation_of` tells where a merged one went."""
        row = await own_row(self, "conversations", patient_id, conversation_id, tx)
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
            key, conversation_row(conversation), upsert=True, session=tx.session
        )

    async def change_conversation(self, tx: Tx, before: Conversation, after: Conversation) -> None:
        """Write a row that the transaction has read, and what that changes in the mailbox's counters."""
        await self.save_conversation(tx, after)
        gained = share_of(after) - share_of(before)
        await self.count(tx, after.patient_id, unread=gained.unread, conversations=gained.conversations)

    async def remove_conversations(self, tx: Tx, patient_id: str, ids: list[str]) -> None:
        """Take away rows that were merged into another."""
        query = {"_id": {"$in": ids}, "patient_id": patient_id}
        await self.collection("conversations").delete_many(query, session=tx.session)

    async def remove_unbegun(self, tx: Tx, draft: Draft) -> int:
        """Take away the row of a conversation that only this draft, now gone, was to begin; 1 if there was one."""
        key = {"_id": draft.id, "patient_id": draft.patient_id, "messages": 0}
        result = await self.collection("conversations").delete_one(key, session=tx.session)
        return int(result.deleted_count)


def conversation_row(conversation: Conversation) -> Row:
    """The row as a document, with the lists it stands in."""
    return row_of(conversation) | {"facets": facets_of(conversation)}
