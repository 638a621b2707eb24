"""Drafts and their files, as the store of messaging keeps them, in memory."""

from typing import Any

from msgspec.structs import replace

from chassis.errors import NotFound
from messaging.domain.model import Draft, DraftRow
from messaging.store import MessagingStore


class FakeDrafts(MessagingStore):
    """The part of the fake store that keeps drafts; `kept` is the whole store's."""

    kept: dict[str, dict[str, Any]]

    def put(self, name: str, *things: Any) -> None:
        raise NotImplementedError

    def _own(self, name: str, patient_id: str, thing_id: str) -> Any:
        raise NotImplementedError

    def _all(self, name: str, patient_id: str) -> list[Any]:
        raise NotImplementedError

    async def draft(self, patient_id: str, draft_id: str, tx: Any = None) -> Draft:
        found: Draft = self._own("drafts", patient_id, draft_id)
        if found.removed_at is not None:
            raise NotFound(draft_id)
        return found

    async def drafts_of(self, patient_id: str, conversation_id: str, tx: Any = None) -> list[Draft]:
        found = [
            one
            for one in self._all("drafts", patient_id)
            if one.conversation_id == conversation_id and one.removed_at is None
        ]
        return sorted(found, key=lambda one: one.created_at)

    async def add_draft(self, tx: Any, draft: Draft) -> None:
        self.put("drafts", draft)
        conversation = self.kept["conversations"][draft.conversation_id]
        self.put("conversations", replace(conversation, drafts=(*conversation.drafts, draft.id)))

    async def save_draft(self, tx: Any, draft: Draft, *, expected: int) -> bool:
        if self.kept["drafts"][draft.id].revision != expected:
            return False
        self.put("drafts", replace(draft, revision=expected + 1))
        return True

    async def remove_draft(self, tx: Any, draft: Draft) -> None:
        self.kept["drafts"].pop(draft.id)
        for row in await self.draft_rows(draft.patient_id, draft.id):
            self.kept["draft_rows"].pop(row.id)

    def _unmarked(self, draft: Draft) -> None:
        conversation = self.kept["conversations"].get(draft.conversation_id)
        if conversation is not None:
            left = tuple(one for one in conversation.drafts if one != draft.id)
            self.put("conversations", replace(conversation, drafts=left))

    async def removed_draft(self, patient_id: str, draft_id: str, tx: Any = None) -> Draft:
        found: Draft = self._own("drafts", patient_id, draft_id)
        if found.removed_at is None:
            raise NotFound(draft_id)
        return found

    async def removed_drafts(self, patient_id: str, since: Any) -> list[Draft]:
        found = [one for one in self._all("drafts", patient_id) if one.removed_at and one.removed_at >= since]
        return sorted(found, key=lambda one: one.removed_at, reverse=True)

    async def throw_away(self, tx: Any, draft: Draft) -> None:
        self.put("drafts", draft)
        self._unmarked(draft)

    async def take_back(self, tx: Any, draft: Draft) -> None:
        await self.add_draft(tx, draft)

    async def discard(self, tx: Any, keys: Any) -> None:
        self.kept["discards"].update(dict.fromkeys(keys, True))

    async def discarded(self, most: int) -> list[str]:
        return list(self.kept["discards"])[:most]

    async def forget_discarded(self, keys: Any) -> None:
        for key in keys:
            self.kept["discards"].pop(key)

    async def purge_draft(self, tx: Any, draft: Draft) -> None:
        rows = await self.draft_rows(draft.patient_id, draft.id)
        for row in rows:
            await self.discard_file(tx, row)
        await self.remove_draft(tx, draft)
        self._unmarked(draft)

    async def removed_before(self, moment: Any, most: int) -> list[Draft]:
        found = [one for one in self.kept["drafts"].values() if one.removed_at and one.removed_at < moment]
        return sorted(found, key=lambda one: one.removed_at)[:most]

    async def blank_since(self, moment: Any) -> list[Draft]:
        drafts = self.kept["drafts"].values()
        return [one for one in drafts if one.blank and one.updated_at < moment and one.removed_at is None]

    async def draft_rows(self, patient_id: str, draft_id: str, tx: Any = None) -> list[DraftRow]:
        found = [one for one in self._all("draft_rows", patient_id) if one.draft_id == draft_id]
        return sorted(found, key=lambda one: (one.requested_at, one.id))

    async def draft_row(self, patient_id: str, draft_id: str, row_id: str, tx: Any = None) -> DraftRow:
        row = self._own("draft_rows", patient_id, row_id)
        if row.draft_id != draft_id:
            raise NotFound(row_id)
        return row

    async def add_draft_rows(self, tx: Any, draft: Draft, rows: Any) -> None:
        self.put("draft_rows", *rows)

    async def save_draft_row(self, tx: Any, row: DraftRow) -> None:
        self.put("draft_rows", row)

    async def remove_draft_row(self, tx: Any, row: DraftRow) -> None:
        self.kept["draft_rows"].pop(row.id)
        await self.discard_file(tx, row)
