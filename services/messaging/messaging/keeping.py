"""Keeping a received attachment among the patient's documents: asked here, done by documents."""

import asyncio
from datetime import date, datetime

from msgspec import Struct

from chassis.errors import NotFound
from chassis.i18n import mark as _
from chassis.identity import Identity
from chassis.ids import new_id
from chassis.keeping import Wish
from chassis.store import Tx
from contracts.base import Claim
from contracts.documents import AttachmentKeepRequested
from contracts.keeping import file_fault, may_be_kept
from messaging.access import note, own
from messaging.conversations import SetAside
from messaging.domain.errors import MessagingError
from messaging.domain.model import Attachment, Keep, KeepState, Message, MessageKind
from messaging.objects import Objects
from messaging.store import MessagingStore

LOOK_AGAIN = 0.1
"""Seconds between two looks at whether documents has answered."""


class NotKeepable(MessagingError):
    """This file may only be downloaded: its format or its size is not one that documents takes."""

    code = "not-keepable"
    sentence = _("Ce fichier ne peut pas être ajouté à vos documents : vous pouvez le télécharger.")


class Received(Struct, frozen=True, kw_only=True):
    """An attachment with the message that brought it."""

    message: Message
    attachment: Attachment

    @property
    def may_be_kept(self) -> bool:
        """Whether it may become a document."""
        return may_be_kept(self.attachment.media_type, self.attachment.size)

    @property
    def fault(self) -> str | None:
        """Why it can only be downloaded, as `file_fault` tells it."""
        return file_fault(self.attachment.media_type, self.attachment.size)

    @property
    def also_to(self) -> tuple[str, ...]:
        """The names of the professionals who received it beside the patient, who is the first recipient."""
        if self.message.kind is not MessageKind.LETTER:
            return ()
        return tuple(dict.fromkeys(party.name for party in self.message.recipients[1:]))[:100]


async def open_attachment(
    store: MessagingStore, identity: Identity, message_id: str, attachment_id: str
) -> Received:
    """An attachment of one of the patient's messages. Raises `NotFound`, `SetAside`."""
    async with own(store, identity, "attachment-opened", "message", message_id):
        message = await store.message(identity.patient_id, message_id)
    if message.disowned_at is not None:
        raise SetAside(f"message {message_id}")
    for attachment in message.attachments:
        if attachment.id == attachment_id:
            return Received(message=message, attachment=attachment)
    raise NotFound(f"attachment {attachment_id}")


async def keep(
    store: MessagingStore,
    objects: Objects,
    identity: Identity,
    received: Received,
    wish: Wish,
    *,
    at: datetime,
) -> Keep:
    """Hand the bytes over to documents and ask it to keep them. `wish` has no faults.

    Raises `NotKeepable`. The bytes are copied first: a claim nobody asks for expires by itself.
    """
    if not received.may_be_kept or wish.dated is None:
        raise NotKeepable(f"{received.attachment.media_type}, {received.attachment.size} bytes")
    wanted = _keep(identity, received, wish, at)
    claim = await objects.hand_over(
        consumer="documents",
        patient_id=identity.patient_id,
        source_key=received.attachment.object_key,
        filename=received.attachment.filename,
        media_type=received.attachment.media_type,
        handover_id=wanted.id,
    )
    request = _request(wanted, received, wish, claim, wish.dated)

    async def work(tx: Tx) -> None:
        await store.save_keep(tx, wanted)
        tx.publish(request, key=identity.patient_id)
        note(tx, identity, "attachment-keep-requested", "keep", wanted.id)

    await store.transact(work)
    return wanted


def _keep(identity: Identity, received: Received, wish: Wish, at: datetime) -> Keep:
    return Keep(
        id=new_id(),
        patient_id=identity.patient_id,
        message_id=received.message.id,
        attachment_id=received.attachment.id,
        title=wish.title.strip(),
        dated=wish.dated,
        requested_at=at,
    )


def _request(wanted: Keep, received: Received, wish: Wish, claim: Claim, dated: date) -> AttachmentKeepRequested:
    return AttachmentKeepRequested(
        patient_id=wanted.patient_id,
        request_id=wanted.id,
        message_id=wanted.message_id,
        attachment_id=wanted.attachment_id,
        claim=claim,
        title=wanted.title,
        dated=dated,
        type_code=wish.type_code,
        masked=wish.masked,
        sent_by=received.message.sender.name,
        sent_at=received.message.at,
        also_to=received.also_to,
        requested_at=wanted.requested_at,
    )


async def settled(store: MessagingStore, wanted: Keep, patience: float) -> Keep:
    """The request as documents answers it, or as it is when that takes longer than `patience` seconds."""
    give_up = asyncio.get_running_loop().time() + patience
    while wanted.state is KeepState.PENDING and asyncio.get_running_loop().time() < give_up:
        await asyncio.sleep(LOOK_AGAIN)
        wanted = await store.keep(wanted.patient_id, wanted.id)
    return wanted


async def keep_of(store: MessagingStore, identity: Identity, keep_id: str) -> Keep:
    """How far a request to keep an attachment has come. Raises `NotFound`."""
    async with own(store, identity, "keep-opened", "keep", keep_id):
        return await store.keep(identity.patient_id, keep_id)
