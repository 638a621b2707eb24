"""Setting aside a letter that is not the patient's, telling its sender once, and taking it back."""

from datetime import datetime

from msgspec.structs import replace

from chassis.errors import NotFound
from chassis.identity import Identity
from chassis.store import Tx
from messaging.access import note, own
from messaging.domain.addresses import Domains
from messaging.domain.disowning import (
    NotYourLetter,
    may_be_set_aside,
    may_be_taken_back,
    misdirected,
    notice_of,
    told_to,
)
from messaging.domain.model import Message
from messaging.store import MessagingStore
from messaging.telling import state_told


async def set_aside(
    store: MessagingStore, domains: Domains, identity: Identity, message_id: str, at: datetime
) -> Message:
    """Hide a letter's words and files; operators hear of it. Twice is once. Raises `NotFound`, `NotYourLetter`."""

    async def work(tx: Tx) -> Message:
        message = await store.message(identity.patient_id, message_id, tx)
        if message.disowned_at is not None:
            return message
        if not may_be_set_aside(message):
            raise NotYourLetter(f"message {message_id} is a {message.kind}")
        await store.set_aside(tx, message, at)
        note(tx, identity, "message-set-aside", "message", message_id)
        told = await _tell(store, domains, tx, message, at)
        await store.queue_misdirected(tx, misdirected(message, at, sender_told=told))
        return replace(message, disowned_at=at)

    async with own(store, identity, "message-set-aside", "message", message_id):
        return await store.transact(work)


async def _tell(store: MessagingStore, domains: Domains, tx: Tx, letter: Message, at: datetime) -> bool:
    """Put the notice on the road, unless it went before; False when its sender can't be told."""
    known = await store.correspondents(letter.patient_id, [letter.sender.address], tx)
    to = told_to(letter, next(iter(known), None), domains)
    if to is None:
        return False
    notice = notice_of(letter, await store.patient(letter.patient_id, tx), to, at)
    if await _is_there(store, tx, notice.message):
        return True
    await store.add_message(tx, notice.message)
    await store.queue_consignments(tx, notice.consignments)
    conversation = await store.conversation(letter.patient_id, letter.conversation_id, tx)
    await store.save_conversation(tx, replace(conversation, messages=conversation.messages + 1))
    for consignment in notice.consignments:
        for delivery in consignment.deliveries:
            tx.publish(state_told(consignment, delivery), key=letter.patient_id)
    return True


async def _is_there(store: MessagingStore, tx: Tx, message: Message) -> bool:
    try:
        await store.message(message.patient_id, message.id, tx)
    except NotFound:
        return False
    return True


async def take_back(store: MessagingStore, identity: Identity, message_id: str, at: datetime) -> Message:
    """Show it again, within 30 days. Raises `NotFound`, `NotYourLetter`."""

    async def work(tx: Tx) -> Message:
        message = await store.message(identity.patient_id, message_id, tx)
        if message.disowned_at is None:
            return message
        if not may_be_taken_back(message, at):
            raise NotYourLetter(f"message {message_id} was set aside more than 30 days ago")
        await store.set_aside(tx, message, None)
        await store.unqueue_misdirected(tx, message_id)
        note(tx, identity, "message-taken-back", "message", message_id)
        return replace(message, disowned_at=None)

    async with own(store, identity, "message-taken-back", "message", message_id):
        return await store.transact(work)
