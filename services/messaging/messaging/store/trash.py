"""The trash: which conversations are in it until when, and taking away for good what nobody can restore."""

from collections.abc import Collection

from msgspec import Struct
from pymongo import DeleteOne, ReplaceOne

from chassis.store import Row, Tx
from contracts.base import Instant
from messaging.domain.model import Conversation
from messaging.domain.ties import Tie, tie_id
from messaging.domain.trash import gone_at
from messaging.objects import keys_of
from messaging.store.consignments import CONSIGNMENTS
from messaging.store.discards import Discards
from messaging.store.paging import PageKey, beyond
from messaging.store.rows import reading, row_of, struct_of

TRASH_PAGE = 50
Change = ReplaceOne[Row] | DeleteOne


class TrashPage(Struct, frozen=True, kw_only=True):
    """Deleted conversations, the latest first; `older` is what to ask for the next page."""

    rows: tuple[Conversation, ...]
    older: PageKey | None


class Trash(Discards):
    """Collection `trash`: what may be restored.

    A conversation that a letter brought back leaves its row in `trash`: the conversation itself decides.
    """

    async def put_in_trash(self, tx: Tx, conversation: Conversation) -> None:
        """Note a deleted conversation and until when it can be restored."""
        assert conversation.trashed_at is not None
        row = {
            "_id": conversation.id,
            "patient_id": conversation.patient_id,
            "trashed_at": conversation.trashed_at,
            "gone_at": gone_at(conversation.trashed_at),
        }
        await self.collection("trash").replace_one({"_id": row["_id"]}, row, upsert=True, session=tx.session)

    async def take_out_of_trash(self, tx: Tx, conversation_id: str) -> None:
        """Forget that a conversation was deleted."""
        await self.collection("trash").delete_one({"_id": conversation_id}, session=tx.session)

    async def trash_page(self, patient_id: str, older_than: PageKey | None = None) -> TrashPage:
        """A page of the trash."""
        noted: list[Row] = []
        with reading(None):
            for query in beyond({"patient_id": patient_id}, "trashed_at", older_than):
                cursor = self.collection("trash").find(query).sort([("trashed_at", -1), ("_id", -1)])
                noted += await cursor.limit(TRASH_PAGE + 1).to_list(TRASH_PAGE + 1)
            shown = noted[:TRASH_PAGE]
            found = self.collection("conversations").find({"_id": {"$in": [row["_id"] for row in shown]}})
            rows = {row["_id"]: struct_of(Conversation, row) async for row in found}
        kept = [rows[row["_id"]] for row in shown if row["_id"] in rows]
        more = len(noted) > TRASH_PAGE
        return TrashPage(
            rows=tuple(row for row in kept if row.patient_id == patient_id and row.trashed_at is not None),
            older=PageKey(at=shown[-1]["trashed_at"], id=shown[-1]["_id"]) if more else None,
        )

    async def over_in_trash(self, at: Instant, most: int) -> list[tuple[str, str]]:
        """Patients and conversations whose time in the trash has passed."""
        with reading(None):
            rows = self.collection("trash").find({"gone_at": {"$lte": at}}).sort("gone_at", 1).limit(most)
            return [(row["patient_id"], row["_id"]) async for row in rows]

    async def remove_for_good(self, tx: Tx, conversation: Conversation) -> None:
        """Take away a conversation with all that is in it, and have its objects deleted."""
        whose: Row = {"patient_id": conversation.patient_id, "conversation_id": conversation.id}
        messages = await self._untied(tx, whose)
        drafts = await self._ids(tx, "drafts", whose)
        of_messages = {"patient_id": conversation.patient_id, "message_id": {"$in": messages}}
        of_drafts = {"patient_id": conversation.patient_id, "draft_id": {"$in": drafts}}
        for name, query in (
            ("words", {"_id": {"$in": messages}}),
            ("messages", whose),
            ("drafts", whose),
            (CONSIGNMENTS, whose),
            ("keeps", of_messages),
            ("draft_rows", of_drafts),
            ("conversations", {"_id": conversation.id}),
        ):
            await self.collection(name).delete_many(query, session=tx.session)
        ids = (*messages, *drafts)
        await self.discard(tx, [key for each in ids for key in keys_of(conversation.patient_id, each)])
        await self.take_out_of_trash(tx, conversation.id)

    async def _untied(self, tx: Tx, whose: Row) -> list[str]:
        """The ids of these messages, which no tie leads to any more; one that leads nowhere is no more itself."""
        fields = {"links": 1, "thread_key": 1}
        rows = await self.collection("messages").find(whose, fields, session=tx.session).to_list(None)
        shared = {one for row in rows for one in (*row.get("links", ()), row.get("thread_key")) if one}
        ids = [row["_id"] for row in rows]
        ties = {"_id": {"$in": sorted(tie_id(whose["patient_id"], one) for one in shared)}}
        changes = [
            _left_of(struct_of(Tie, row), set(ids))
            async for row in self.collection("ties").find(ties, session=tx.session)
        ]
        if changes:
            await self.collection("ties").bulk_write(changes, session=tx.session)
        return ids

    async def _ids(self, tx: Tx, name: str, query: Row) -> list[str]:
        return [row["_id"] async for row in self.collection(name).find(query, {"_id": 1}, session=tx.session)]


def _left_of(tie: Tie, gone: Collection[str]) -> Change:
    """A conversation in a tie bears the id of one of its messages, so those of a conversation name it."""
    left = tie.without(gone)
    return ReplaceOne({"_id": tie.id}, row_of(left)) if left.spans else DeleteOne({"_id": tie.id})
