"""Drafts thrown away, left with nothing in them, and taken back."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from chassis.errors import NotFound
from chassis.identity import Identity
from chassis.store import Tx
from messaging.access import note, own
from messaging.domain.drafting import UNDO_FOR
from messaging.domain.errors import AnotherDraft
from messaging.domain.model import Conversation, Draft
from messaging.store import MessagingStore


async def remove_draft(store: MessagingStore, identity: Identity, draft_id: str, *, at: datetime) -> Draft:
    """Throw a draft away with its files, to be taken back for a day; the draft that was. Raises `NotFound`."""

    async def work(tx: Tx) -> Draft:
        draft = await store.draft(identity.patient_id, draft_id, tx)
        await _throw_away(store, tx, draft, at)
        note(tx, identity, "draft-removed", "draft", draft.id)
        return draft

    async with own(store, identity, "draft-removed", "draft", draft_id):
        return await store.transact(work)


async def leave_draft(store: MessagingStore, identity: Identity, draft_id: str, *, at: datetime) -> Draft:
    """The patient goes elsewhere: a draft with neither text nor file goes, any other stays. Raises `NotFound`."""

    async def work(tx: Tx) -> Draft:
        draft = await store.draft(identity.patient_id, draft_id, tx)
        if not await is_empty(store, draft, tx):
            return draft
        note(tx, identity, "draft-removed", "draft", draft.id)
        return await _throw_away(store, tx, draft, at)

    async with own(store, identity, "draft-left", "draft", draft_id):
        return await store.transact(work)


async def put_aside_if_empty(store: MessagingStore, draft: Draft, at: datetime) -> None:
    """What `leave_draft` does, for a draft that nobody came back to."""

    async def work(tx: Tx) -> None:
        try:
            found = await store.draft(draft.patient_id, draft.id, tx)
        except NotFound:
            return
        if found.updated_at == draft.updated_at and await is_empty(store, found, tx):
            await _throw_away(store, tx, found, at)

    await store.transact(work)


async def is_empty(store: MessagingStore, draft: Draft, tx: Tx) -> bool:
    """Whether nothing would be lost with this draft."""
    return draft.blank and not await store.draft_rows(draft.patient_id, draft.id, tx)


async def _throw_away(store: MessagingStore, tx: Tx, draft: Draft, at: datetime) -> Draft:
    began = await _row_begun_by(store, tx, draft)
    gone = await store.remove_unbegun(tx, draft) if began else 0
    removed = replace(draft, removed_at=at, began=began)
    await store.throw_away(tx, removed)
    await store.count(tx, draft.patient_id, conversations=-gone)
    return removed


async def _row_begun_by(store: MessagingStore, tx: Tx, draft: Draft) -> Conversation | None:
    if not draft.begins:
        return None
    conversation = await store.conversation(draft.patient_id, draft.conversation_id, tx)
    return None if conversation.messages else replace(conversation, drafts=())


async def removed_lately(store: MessagingStore, identity: Identity, at: datetime) -> Sequence[Draft]:
    """The drafts with something in them that can still be taken back, latest first."""
    removed = await store.removed_drafts(identity.patient_id, at - UNDO_FOR)
    return [one for one in removed if not one.blank or await store.draft_rows(identity.patient_id, one.id)]


async def restore_draft(store: MessagingStore, identity: Identity, draft_id: str) -> Draft:
    """Take a draft back as it was; pressed twice it is there once. Raises `NotFound`, `AnotherDraft`."""

    async def work(tx: Tx) -> Draft:
        try:
            return await store.draft(identity.patient_id, draft_id, tx)
        except NotFound:
            removed = await store.removed_draft(identity.patient_id, draft_id, tx)
        note(tx, identity, "draft-restored", "draft", draft_id)
        return await put_back(store, tx, removed)

    async with own(store, identity, "draft-restored", "draft", draft_id):
        return await store.transact(work)


async def put_back(store: MessagingStore, tx: Tx, removed: Draft) -> Draft:
    """Make a removed draft its conversation's again. An empty draft in its place goes; another: `AnotherDraft`."""
    if removed.began is not None:
        await store.save_conversation(tx, removed.began)
    else:
        await _make_room(store, tx, removed)
    draft = replace(removed, removed_at=None, began=None)
    await store.take_back(tx, draft)
    await store.count(tx, removed.patient_id, conversations=1 if removed.began else 0)
    return draft


async def _make_room(store: MessagingStore, tx: Tx, removed: Draft) -> None:
    conversation = await store.conversation(removed.patient_id, removed.conversation_id, tx)
    for draft_id in conversation.drafts:
        other = await store.draft(removed.patient_id, draft_id, tx)
        if not await is_empty(store, other, tx):
            raise AnotherDraft(other.id)
        await store.throw_away(tx, replace(other, removed_at=removed.removed_at))
