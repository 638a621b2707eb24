"""What a patient does with a whole conversation: mark it as unread, delete it, restore it; and its end."""

from datetime import datetime

from msgspec.structs import replace

from chassis.errors import NotFound
from chassis.identity import Identity
from chassis.store import Tx
from contracts.messaging import ConversationDeleted
from messaging.access import note, own
from messaging.domain.model import Conversation
from messaging.domain.trash import deleted, gone_at, is_over, restored
from messaging.store import MessagingStore


async def one_conversation(store: MessagingStore, identity: Identity, conversation_id: str) -> Conversation:
    """A conversation's row, in the trash or not. Raises `NotFound`."""
    async with own(store, identity, "conversation-opened", "conversation", conversation_id):
        return await store.conversation(identity.patient_id, conversation_id)


async def mark_unread(store: MessagingStore, identity: Identity, conversation_id: str) -> None:
    """Let the latest letter count as unread; nothing while one does, or while no letter has come."""

    async def work(tx: Tx) -> None:
        row = await store.conversation(identity.patient_id, conversation_id, tx)
        if row.unread or row.begun or not await store.mark_unread(tx, identity.patient_id, row.last_received_id):
            return
        await store.change_conversation(tx, row, replace(row, unread=1))
        note(tx, identity, "conversation-marked-unread", "conversation", row.id)

    async with own(store, identity, "conversation-marked-unread", "conversation", conversation_id):
        await store.transact(work)


async def delete_conversation(
    store: MessagingStore, identity: Identity, conversation_id: str, *, at: datetime
) -> None:
    """Put a conversation in the trash, its draft with it; a queued reply still leaves. Twice is once."""

    async def work(tx: Tx) -> None:
        row = await store.conversation(identity.patient_id, conversation_id, tx)
        if row.trashed_at is not None:
            return
        trashed = deleted(row, at)
        await store.change_conversation(tx, row, trashed)
        await store.put_in_trash(tx, trashed)
        tx.publish(_deleted(trashed, at), key=identity.patient_id)
        note(tx, identity, "conversation-deleted", "conversation", row.id)

    async with own(store, identity, "conversation-deleted", "conversation", conversation_id):
        await store.transact(work)


def _deleted(row: Conversation, at: datetime) -> ConversationDeleted:
    return ConversationDeleted(
        patient_id=row.patient_id, conversation_id=row.id, deleted_at=at, gone_at=gone_at(at)
    )


async def restore_conversation(
    store: MessagingStore, identity: Identity, conversation_id: str, *, at: datetime
) -> None:
    """Put a conversation back into the list. Raises `NotFound` once its 30 days have passed. Twice is once."""

    async def work(tx: Tx) -> None:
        row = await store.conversation(identity.patient_id, conversation_id, tx)
        if is_over(row, at):
            raise NotFound(f"conversation {conversation_id} is gone")
        if row.trashed_at is None:
            return
        await store.change_conversation(tx, row, restored(row))
        await store.take_out_of_trash(tx, row.id)
        note(tx, identity, "conversation-restored", "conversation", row.id)

    async with own(store, identity, "conversation-restored", "conversation", conversation_id):
        await store.transact(work)


async def empty(store: MessagingStore, patient_id: str, conversation_id: str, at: datetime) -> None:
    """Take a conversation away for good, if it still is in the trash and its time there has passed."""

    async def work(tx: Tx) -> None:
        try:
            row = await store.conversation(patient_id, conversation_id, tx)
        except NotFound:
            await store.take_out_of_trash(tx, conversation_id)
            return
        if is_over(row, at):
            await store.remove_for_good(tx, row)
        else:
            await (store.put_in_trash(tx, row) if row.trashed_at else store.take_out_of_trash(tx, row.id))

    await store.transact(work)
