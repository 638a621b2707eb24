"""Messages with their attachments, and what a conversation's page shows."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from chassis.errors import NotFound
from chassis.store import Row, Store, Tx
from contracts.base import Instant
from messaging.domain.model import Attachment, Conversation, Keep, Message, MessageKind
from messaging.store.paging import PageKey, beyond
from messaging.store.rows import own_row, reading, row_of, struct_of

MESSAGES_A_PAGE = 20
SPARSE = 64
"""A conversation of no more messages than this is read at once."""
MILESTONES_A_WINDOW = 3
_ONE_IN = 16


class MessagePage(Struct, frozen=True, kw_only=True):
    """Messages of a conversation, newest first; `older` is what to ask for the next page, None at the end."""

    messages: tuple[Message, ...]
    older: PageKey | None = None


class Messages(Store[Tx]):
    """Collections `messages`, `keeps`."""

    async def messages(
        self,
        patient_id: str,
        conversation_id: str,
        *,
        older_than: PageKey | None = None,
        size: int = MESSAGES_A_PAGE,
        total: int = 0,
    ) -> MessagePage:
        """A page of a conversation: its newest messages, or those that follow `older_than`.

        `total` is how many messages it has, more or less: of many, only those near the page are read.
        """
        whose = {"patient_id": patient_id, "conversation_id": conversation_id}
        found: list[Message] = []
        near = older_than
        while True:
            far = await self._how_far(whose, near) if total > SPARSE else None
            found += await self._between(whose, near, far, size + 1 - len(found))
            if far is None or len(found) > size:
                break
            near = PageKey(at=far, id="")
        shown = tuple(found[:size])
        return MessagePage(messages=shown, older=message_key(shown[-1]) if len(found) > size else None)

    async def _how_far(self, whose: Row, near: PageKey | None) -> Instant | None:
        """An instant some forty messages away, None when the oldest is nearer."""
        query = {**whose, "milestone": True, **({"at": {"$lt": near.at}} if near else {})}
        with reading(None):
            rows = await self.collection("messages").find(query, {"at": 1}).sort("at", -1).to_list(None)
        return rows[MILESTONES_A_WINDOW - 1]["at"] if len(rows) >= MILESTONES_A_WINDOW else None

    async def _between(self, whose: Row, near: PageKey | None, far: Instant | None, most: int) -> list[Message]:
        """What is older than `near`, as far back as the instant `far`, newest first."""
        found: list[Message] = []
        for query in beyond(whose, "at", near):
            if far is not None and not isinstance(query.get("at"), datetime):
                query["at"] = {**query.get("at", {}), "$gte": far}
            found += await self._in_order(query, -1, most - len(found))
        return found

    async def newer_messages(
        self, patient_id: str, conversation_id: str, key: PageKey, size: int = MESSAGES_A_PAGE
    ) -> list[Message]:
        """What came after this place, newest first; the `size` nearest to it when there is more."""
        whose = {"patient_id": patient_id, "conversation_id": conversation_id}
        found: list[Message] = []
        for query in beyond(whose, "at", key, newer=True):
            found += await self._in_order(query, 1, size - len(found))
        return found[::-1]

    async def _in_order(self, query: Row, direction: int, most: int) -> list[Message]:
        if most <= 0:
            return []
        with reading(None):
            cursor = self.collection("messages").find(query).sort([("at", direction), ("_id", direction)])
            return [struct_of(Message, row) async for row in cursor.limit(most)]

    async def answered_letter(self, conversation: Conversation, tx: Tx) -> Message | None:
        """The letter that a reply refers to: the latest that has a Message-ID, nearly always the latest."""
        latest = await own_row(self, "messages", conversation.patient_id, conversation.last_received_id, tx)
        if latest is not None and _may_be_answered(latest, conversation):
            return struct_of(Message, latest)
        query = {
            "patient_id": conversation.patient_id,
            "conversation_id": conversation.id,
            "kind": MessageKind.LETTER.value,
            "message_id": {"$gt": ""},
        }
        cursor = self.collection("messages").find(query, session=tx.session)
        rows = await cursor.sort([("at", -1), ("_id", -1)]).limit(1).to_list(1)
        return struct_of(Message, rows[0]) if rows else None

    async def message(self, patient_id: str, message_id: str, tx: Tx | None = None) -> Message:
        """A message with its attachments. Raises `NotFound`."""
        row = await own_row(self, "messages", patient_id, message_id, tx)
        if row is None:
            raise NotFound(f"message {message_id}")
        return struct_of(Message, row)

    async def original(self, message_id: str) -> tuple[str, str]:
        """Whose a letter is, and the key of its untouched bytes; for operators. Raises `NotFound`."""
        with reading(None):
            row = await self.collection("messages").find_one({"_id": message_id}, {"patient_id": 1, "raw_key": 1})
        if row is None or not row.get("raw_key"):
            raise NotFound(f"message {message_id} has no original")
        return str(row["patient_id"]), str(row["raw_key"])

    async def attachment(self, patient_id: str, message_id: str, attachment_id: str) -> Attachment:
        """An attachment of a message. Raises `NotFound`."""
        message = await self.message(patient_id, message_id)
        for attachment in message.attachments:
            if attachment.id == attachment_id:
                return attachment
        raise NotFound(f"attachment {attachment_id}")

    async def conversation_of(self, patient_id: str, message_id: str, tx: Tx | None = None) -> str | None:
        """The conversation a message is in, or None.

        A conversation's id is that of one of its messages: so this also tells where a merged one went.
        """
        fields = {"patient_id": 1, "conversation_id": 1}
        row = await own_row(self, "messages", patient_id, message_id, tx, fields=fields)
        return row["conversation_id"] if row else None

    async def mark_read(self, tx: Tx, patient_id: str, message_id: str, at: Instant) -> bool:
        """Note the first reading. False when it was read before, or is no letter."""
        key = {"_id": message_id, "patient_id": patient_id, "read_at": None, "kind": {"$ne": "reply"}}
        return await self._changed(tx, key, {"read_at": at})

    async def mark_unread(self, tx: Tx, patient_id: str, message_id: str) -> bool:
        """Let a letter that was read count as unread again. False when it does, or is no letter."""
        key = {"_id": message_id, "patient_id": patient_id, "read_at": {"$ne": None}, "kind": {"$ne": "reply"}}
        key["unread_again"] = {"$ne": True}
        return await self._changed(tx, key, {"unread_again": True})

    async def mark_read_again(self, tx: Tx, patient_id: str, message_id: str) -> bool:
        """Take the patient's own mark away. False when there is none."""
        key = {"_id": message_id, "patient_id": patient_id, "unread_again": True}
        return await self._changed(tx, key, {"unread_again": False})

    async def _changed(self, tx: Tx, key: Row, change: Row) -> bool:
        result = await self.collection("messages").update_one(key, {"$set": change}, session=tx.session)
        return bool(result.modified_count)

    async def set_aside(self, tx: Tx, message: Message, at: Instant | None) -> None:
        """Note that the letter is not the patient's, or (None) that it is after all; only then is it searched."""
        key = {"_id": message.id, "patient_id": message.patient_id}
        await self.collection("messages").update_one(key, {"$set": {"disowned_at": at}}, session=tx.session)
        await self.collection("words").update_one(key, {"$set": {"hidden": at is not None}}, session=tx.session)

    async def move_messages(self, tx: Tx, patient_id: str, from_ids: list[str], to_id: str) -> None:
        """Put all messages of merged conversations into the one that stays."""
        query = {"patient_id": patient_id, "conversation_id": {"$in": from_ids}}
        await self.collection("messages").update_many(
            query, {"$set": {"conversation_id": to_id}}, session=tx.session
        )

    async def keep(self, patient_id: str, request_id: str, tx: Tx | None = None) -> Keep:
        """A request to keep an attachment. Raises `NotFound`."""
        row = await own_row(self, "keeps", patient_id, request_id, tx)
        if row is None:
            raise NotFound(f"keep {request_id}")
        return struct_of(Keep, row)

    async def keeps(self, patient_id: str, message_ids: Sequence[str]) -> list[Keep]:
        """The requests to keep attachments of these messages, latest last."""
        query = {"patient_id": patient_id, "message_id": {"$in": list(message_ids)}}
        with reading(None):
            cursor = self.collection("keeps").find(query).sort("requested_at", 1)
            return [struct_of(Keep, row) async for row in cursor]

    async def save_keep(self, tx: Tx, keep: Keep) -> None:
        """Write a request, or its outcome."""
        key = {"_id": keep.id, "patient_id": keep.patient_id}
        await self.collection("keeps").replace_one(key, row_of(keep), upsert=True, session=tx.session)


def _may_be_answered(row: Row, conversation: Conversation) -> bool:
    is_letter = row["kind"] == MessageKind.LETTER.value and bool(row["message_id"])
    return is_letter and bool(row["conversation_id"] == conversation.id)


def message_row(message: Message) -> Row:
    """A message as it is written. One in sixteen, by its id, is a milestone: not every store stops at a limit,
    so a page of a long conversation asks the milestones how far back it has to read."""
    is_milestone = int(message.id[-4:], 16) % _ONE_IN == 0
    return row_of(message) | ({"milestone": True} if is_milestone else {})


def message_key(message: Message) -> PageKey:
    """Where a message stands in its conversation."""
    return PageKey(at=message.at, id=message.id)
