"""What a patient's home page says of their mailbox: what is unread, and which replies did not arrive."""

from msgspec import Struct

from chassis.identity import Identity
from contracts.base import ConversationId, Instant
from messaging.domain.consignment import Cargo
from messaging.store import MessagingStore

SHOWN = 3
"""Replies that did not arrive, the latest first; their conversations show the others."""


class Failed(Struct, frozen=True, kw_only=True):
    """A reply that did not arrive at one recipient, and about which the patient has decided nothing yet."""

    conversation_id: ConversationId
    subject: str
    recipient: str
    at: Instant


class Overview(Struct, frozen=True, kw_only=True):
    """`unread` counts letters."""

    unread: int
    failed: tuple[Failed, ...]


async def overview(store: MessagingStore, identity: Identity) -> Overview:
    """As of this moment. Raises `NotYet` while the mailbox is being opened."""
    mailbox = await store.mailbox(identity.patient_id)
    return Overview(unread=mailbox.unread, failed=await _failed(store, identity.patient_id))


async def _failed(store: MessagingStore, patient_id: str) -> tuple[Failed, ...]:
    troubled = [one for one in await store.troubled_consignments(patient_id) if one.cargo is Cargo.REPLY]
    ids = sorted({one.conversation_id for one in troubled})
    subjects = {one.id: one.subject for one in await store.conversations(patient_id, ids)} if ids else {}
    failed = [
        Failed(
            conversation_id=consignment.conversation_id,
            subject=subjects[consignment.conversation_id],
            recipient=delivery.recipient.name,
            at=delivery.changed_at,
        )
        for consignment in troubled
        if consignment.conversation_id in subjects
        for delivery in consignment.deliveries
        if delivery.needs_a_decision
    ]
    return tuple(sorted(failed, key=lambda one: one.at, reverse=True)[:SHOWN])
