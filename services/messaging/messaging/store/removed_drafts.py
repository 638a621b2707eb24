"""Drafts thrown away: kept for a day with their files, taken back, or gone for good with their objects."""

from chassis.errors import NotFound
from chassis.store import Row, Tx
from contracts.base import Instant
from messaging.domain.model import Draft
from messaging.store.drafts import Drafts
from messaging.store.rows import own_row, reading, row_of, struct_of


class RemovedDrafts(Drafts):
    """The drafts with `removed_at`, and those that nobody came back to."""

    async def removed_draft(self, patient_id: str, draft_id: str, tx: Tx | None = None) -> Draft:
        """A draft that was thrown away and can be taken back. Raises `NotFound`."""
        row = await own_row(self, "drafts", patient_id, draft_id, tx)
        if row is None or row.get("removed_at") is None:
            raise NotFound(f"removed draft {draft_id}")
        return struct_of(Draft, row)

    async def removed_drafts(self, patient_id: str, since: Instant) -> list[Draft]:
        """The drafts that the patient threw away since then, latest first."""
        query = {"patient_id": patient_id, "removed_at": {"$gte": since}}
        with reading(None):
            cursor = self.collection("drafts").find(query).sort("removed_at", -1)
            return [struct_of(Draft, row) async for row in cursor]

    async def throw_away(self, tx: Tx, draft: Draft) -> None:
        """Put aside a draft whose `removed_at` and `began` say how; its rows stay with it."""
        await self._set(tx, draft)
        await self._unmark(tx, draft)

    async def take_back(self, tx: Tx, draft: Draft) -> None:
        """The draft is its conversation's again. The caller has found no other on it in the same transaction."""
        await self._set(tx, draft)
        key = {"_id": draft.conversation_id, "patient_id": draft.patient_id}
        await self.collection("conversations").update_one(
            key, {"$addToSet": {"drafts": draft.id}}, session=tx.session
        )

    async def _set(self, tx: Tx, draft: Draft) -> None:
        fields: Row = {"removed_at": draft.removed_at, "began": row_of(draft.began) if draft.began else None}
        key = {"_id": draft.id, "patient_id": draft.patient_id}
        await self.collection("drafts").update_one(key, {"$set": fields}, session=tx.session)

    async def purge_draft(self, tx: Tx, draft: Draft) -> None:
        """Take away a draft for good, and have the objects of its files deleted."""
        rows = await self.draft_rows(draft.patient_id, draft.id, tx)
        for row in rows:
            await self.discard_file(tx, row)
        await self.remove_draft(tx, draft)
        await self._unmark(tx, draft)

    async def removed_before(self, moment: Instant, most: int) -> list[Draft]:
        """Drafts thrown away before then, longest ago first."""
        query = {"removed_at": {"$lt": moment}}
        with reading(None):
            cursor = self.collection("drafts").find(query).sort("removed_at", 1).limit(most)
            return [struct_of(Draft, row) async for row in cursor]

    async def blank_since(self, moment: Instant) -> list[Draft]:
        """Drafts without text that nobody has changed since then."""
        query = {"blank": True, "updated_at": {"$lt": moment}, "removed_at": None}
        with reading(None):
            cursor = self.collection("drafts").find(query)
            return [struct_of(Draft, row) async for row in cursor]
