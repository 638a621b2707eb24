"""Drafts and their files. Text is saved by compare-and-set, files meet on the draft's `rows_revision`."""

from collections.abc import Sequence

from chassis.errors import NotFound
from chassis.store import Tx
from messaging.domain.model import Draft, DraftRow
from messaging.store.discards import Discards
from messaging.store.rows import own_row, reading, row_of, session_of, struct_of


class Drafts(Discards):
    """Collections `drafts`, `draft_rows`."""

    async def draft(self, patient_id: str, draft_id: str, tx: Tx | None = None) -> Draft:
        """A draft that is not thrown away. Raises `NotFound`."""
        row = await own_row(self, "drafts", patient_id, draft_id, tx)
        if row is None or row.get("removed_at") is not None:
            raise NotFound(f"draft {draft_id}")
        return struct_of(Draft, row)

    async def drafts_of(self, patient_id: str, conversation_id: str, tx: Tx | None = None) -> list[Draft]:
        """The drafts of a conversation, oldest first: none, one, or two in conflict after a merge."""
        query = {"patient_id": patient_id, "conversation_id": conversation_id, "removed_at": None}
        with reading(tx):
            cursor = self.collection("drafts").find(query, session=session_of(tx)).sort("created_at", 1)
            return [struct_of(Draft, row) async for row in cursor]

    async def add_draft(self, tx: Tx, draft: Draft) -> None:
        """Write a new draft and note it on its conversation, where two openings at once meet.

        The caller has read the conversation in the same transaction and found no draft on it.
        """
        await self.collection("drafts").insert_one(row_of(draft), session=tx.session)
        await self.collection("conversations").update_one(
            {"_id": draft.conversation_id, "patient_id": draft.patient_id},
            {"$addToSet": {"drafts": draft.id}},
            session=tx.session,
        )

    async def save_draft(self, tx: Tx, draft: Draft, *, expected: int) -> bool:
        """Save text and recipients if the draft is still at revision `expected`; it is then one higher.

        False means that another device saved first: nothing is written.
        """
        key = {"_id": draft.id, "patient_id": draft.patient_id, "revision": expected}
        saved = {
            "text": draft.text,
            "recipients": list(draft.recipients),
            "to_all": draft.to_all,
            "saved_by": draft.saved_by,
            "blank": draft.blank,
            "updated_at": draft.updated_at,
        }
        result = await self.collection("drafts").update_one(
            key, {"$set": saved, "$inc": {"revision": 1}}, session=tx.session
        )
        return bool(result.modified_count)

    async def remove_draft(self, tx: Tx, draft: Draft) -> None:
        """Take away a draft and its rows, not their objects, which are a message's now, nor its mark: the caller
        writes its conversation's row."""
        key = {"patient_id": draft.patient_id}
        await self.collection("drafts").delete_one({"_id": draft.id} | key, session=tx.session)
        await self.collection("draft_rows").delete_many(key | {"draft_id": draft.id}, session=tx.session)

    async def _unmark(self, tx: Tx, draft: Draft) -> None:
        key = {"_id": draft.conversation_id, "patient_id": draft.patient_id}
        await self.collection("conversations").update_one(key, {"$pull": {"drafts": draft.id}}, session=tx.session)

    async def move_drafts(self, tx: Tx, patient_id: str, from_ids: list[str], to_id: str) -> None:
        """Put the drafts of merged conversations onto the one that stays."""
        query = {"patient_id": patient_id, "conversation_id": {"$in": from_ids}}
        await self.collection("drafts").update_many(
            query, {"$set": {"conversation_id": to_id}}, session=tx.session
        )

    async def draft_rows(self, patient_id: str, draft_id: str, tx: Tx | None = None) -> list[DraftRow]:
        """The files of a draft, in the order they were asked for."""
        query = {"patient_id": patient_id, "draft_id": draft_id}
        with reading(tx):
            cursor = self.collection("draft_rows").find(query, session=session_of(tx))
            cursor = cursor.sort([("requested_at", 1), ("_id", 1)])
            return [struct_of(DraftRow, row) async for row in cursor]

    async def draft_row(self, patient_id: str, draft_id: str, row_id: str, tx: Tx | None = None) -> DraftRow:
        """A file of a draft. Raises `NotFound`."""
        row = await own_row(self, "draft_rows", patient_id, row_id, tx)
        if row is None or row["draft_id"] != draft_id:
            raise NotFound(f"draft row {row_id}")
        return struct_of(DraftRow, row)

    async def add_draft_rows(self, tx: Tx, draft: Draft, rows: Sequence[DraftRow]) -> None:
        """Write new files of a draft. The caller has checked the total in the same transaction."""
        await self._meet(tx, draft.patient_id, draft.id)
        await self.collection("draft_rows").insert_many([row_of(row) for row in rows], session=tx.session)

    async def save_draft_row(self, tx: Tx, row: DraftRow) -> None:
        """Write a file's new state. The caller has read it in the same transaction."""
        await self._meet(tx, row.patient_id, row.draft_id)
        key = {"_id": row.id, "patient_id": row.patient_id, "draft_id": row.draft_id}
        await self.collection("draft_rows").replace_one(key, row_of(row), session=tx.session)

    async def remove_draft_row(self, tx: Tx, row: DraftRow) -> None:
        """Take a file off its draft, and have its object deleted."""
        await self._meet(tx, row.patient_id, row.draft_id)
        await self.discard_file(tx, row)
        key = {"_id": row.id, "patient_id": row.patient_id, "draft_id": row.draft_id}
        await self.collection("draft_rows").delete_one(key, session=tx.session)

    async def _meet(self, tx: Tx, patient_id: str, draft_id: str) -> None:
        """Change the draft itself, so that of two transactions on its files one runs again."""
        key = {"_id": draft_id, "patient_id": patient_id}
        result = await self.collection("drafts").update_one(
            key, {"$inc": {"rows_revision": 1}}, session=tx.session
        )
        if not result.modified_count:
            raise NotFound(f"draft {draft_id}")
