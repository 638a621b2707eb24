"""Opening a conversation: everything its page shows, and marking as read what was really shown."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from chassis.errors import NotFound
from chassis.i18n import mark as _
from chassis.identity import Identity
from chassis.store import Tx
from contracts.messaging import MessageRead
from messaging.access import note, own
from messaging.domain.addresses import Domains
from messaging.domain.consignment import Cargo, Consignment, Delivery, consigned, deliveries_of
from messaging.domain.model import (
    Conversation,
    Correspondent,
    Draft,
    Keep,
    Message,
    MessageKind,
    Party,
    Patient,
)
from messaging.domain.replying import ReplyOptions, ended_here, reply_options
from messaging.domain.voices import addresses_in
from messaging.store import MessagePage, MessagingStore, PageKey


class Opened(Struct, frozen=True, kw_only=True):
    """A conversation with what a page of it shows. `messages` are newest first.

    `older` is where the next page begins, None at the end. `ended` are the professionals of this conversation
    who put an end to the exchange, latest first; `drafts` holds none, one, or two in conflict after a merge.
    """

    conversation: Conversation
    messages: tuple[Message, ...]
    older: PageKey | None
    options: ReplyOptions
    ended: tuple[Correspondent, ...]
    consignments: tuple[Consignment, ...]
    gives_receipts: bool
    drafts: tuple[Draft, ...]
    keeps: tuple[Keep, ...]

    @property
    def unread_further_on(self) -> int:
        """Unread letters that this page doesn't show."""
        return max(0, self.conversation.unread - sum(message.unread for message in self.messages))

    def deliveries_of(self, message: Message) -> tuple[Delivery, ...]:
        """The state of a reply for each of its recipients."""
        return deliveries_of(message, self.consignments)

    def keep_of(self, attachment_id: str) -> Keep | None:
        """The latest request to keep this attachment, if there was one."""
        return next((one for one in reversed(self.keeps) if one.attachment_id == attachment_id), None)


class Moved(NotFound):
    """The conversation was merged into another, whose page is the one to show."""

    code = "conversation-moved"

    def __init__(self, conversation_id: str) -> None:
        super().__init__(f"moved to conversation {conversation_id}")
        self.conversation_id = conversation_id


class Exchange(Struct, frozen=True, kw_only=True):
    """A conversation as far as answering it needs: who may be answered, and who put an end to it."""

    patient: Patient
    conversation: Conversation
    options: ReplyOptions
    ended: tuple[Correspondent, ...]


async def exchange(
    store: MessagingStore, domains: Domains, patient_id: str, conversation_id: str, tx: Tx | None = None
) -> Exchange:
    """A conversation and who may be answered in it. Raises `NotFound`, `NotYet`."""
    conversation = await store.conversation(patient_id, conversation_id, tx)
    people = await store.correspondents(patient_id, addresses_in(conversation.voices), tx)
    return Exchange(
        patient=await store.patient(patient_id, tx),
        conversation=conversation,
        options=reply_options(conversation, people, domains),
        ended=tuple(ended_here(conversation, people)),
    )


class Stretch(Struct, frozen=True, kw_only=True):
    """Which messages of a conversation are wanted: those older than a place, those newer, or the newest."""

    older_than: PageKey | None = None
    newer_than: PageKey | None = None


NEWEST = Stretch()


async def open_conversation(
    store: MessagingStore, domains: Domains, identity: Identity, conversation_id: str, stretch: Stretch = NEWEST
) -> Opened:
    """What a page of a conversation shows. Raises `Moved`, or `NotFound`."""
    patient_id = identity.patient_id
    async with own(store, identity, "conversation-opened", "conversation", conversation_id):
        found = await _exchange(store, domains, patient_id, conversation_id)
    page = await _messages(store, found.conversation, stretch)
    return Opened(
        conversation=found.conversation,
        messages=page.messages,
        older=page.older,
        options=found.options,
        ended=found.ended,
        consignments=tuple(await _consignments(store, patient_id, page.messages)),
        gives_receipts=await _gives_receipts(store, patient_id, page.messages),
        drafts=tuple(await store.drafts_of(patient_id, found.conversation.id)),
        keeps=tuple(await store.keeps(patient_id, [one.id for one in page.messages if one.files])),
    )


async def _exchange(store: MessagingStore, domains: Domains, patient_id: str, conversation_id: str) -> Exchange:
    try:
        return await exchange(store, domains, patient_id, conversation_id)
    except NotFound:
        merged_into = await store.conversation_of(patient_id, conversation_id)
        if merged_into in (None, conversation_id):
            raise
        raise Moved(str(merged_into)) from None


async def _messages(store: MessagingStore, conversation: Conversation, stretch: Stretch) -> MessagePage:
    whose = (conversation.patient_id, conversation.id)
    if stretch.newer_than is None:
        return await store.messages(*whose, older_than=stretch.older_than, total=conversation.messages)
    return MessagePage(messages=tuple(await store.newer_messages(*whose, stretch.newer_than)))


async def _consignments(
    store: MessagingStore, patient_id: str, messages: Sequence[Message]
) -> Sequence[Consignment]:
    replies = [one.id for one in messages if one.kind is MessageKind.REPLY]
    return await store.consignments(patient_id, replies) if replies else []


async def _gives_receipts(store: MessagingStore, patient_id: str, messages: Sequence[Message]) -> bool:
    asked = any(one.receipt_to for one in messages)
    return asked and (await store.wishes(patient_id)).receipts


async def mark_shown(store: MessagingStore, identity: Identity, messages: Iterable[Message], at: datetime) -> int:
    """Mark as read the letters that a page has just shown; how many were not read before."""
    unread = [message for message in messages if message.unread]
    if not unread:
        return 0

    async def work(tx: Tx) -> int:
        first = [one for one in unread if await store.mark_read(tx, identity.patient_id, one.id, at)]
        again = [one for one in unread if await store.mark_read_again(tx, identity.patient_id, one.id)]
        marked = {one.id: one for one in (*first, *again)}
        if not marked:
            return 0
        conversation_id = await _count_read(store, tx, identity, list(marked.values()))
        for message in first:
            tx.publish(_read(message, conversation_id, at), key=identity.patient_id)
            await _acknowledge(store, tx, message, at)
            note(tx, identity, "message-read", "message", message.id)
        return len(marked)

    return await store.transact(work)


async def _count_read(store: MessagingStore, tx: Tx, identity: Identity, marked: Sequence[Message]) -> str:
    """Where the letters are is asked again: another letter may have come, or merged the conversation."""
    patient_id = identity.patient_id
    conversation_id = await store.conversation_of(patient_id, marked[0].id, tx) or ""
    conversation = await store.conversation(patient_id, conversation_id, tx)
    left = max(0, conversation.unread - len(marked))
    await store.change_conversation(tx, conversation, replace(conversation, unread=left))
    return conversation_id


async def _acknowledge(store: MessagingStore, tx: Tx, message: Message, at: datetime) -> None:
    """The receipt that a letter asked for, once: in the transaction that marks it as read (RFC 8098 §2.1)."""
    if message.receipt_to is None or not (await store.wishes(message.patient_id, tx)).receipts:
        return
    asked = Party(name=message.sender.name, address=message.receipt_to)
    await store.queue_consignments(tx, consigned(message, [asked], at, Cargo.RECEIPT))


def _read(message: Message, conversation_id: str, at: datetime) -> MessageRead:
    return MessageRead(
        patient_id=message.patient_id,
        conversation_id=conversation_id,
        message_id=message.id,
        read_at=at,
    )


class SetAside(NotFound):
    """The patient said that this letter is not theirs: its words and files are hidden."""

    code = "message-set-aside"
    sentence = _("Vous avez indiqué que ce message ne vous concerne pas : il est masqué.")


async def open_readable(store: MessagingStore, identity: Identity, message_id: str) -> Message:
    """One message of the patient's, to be read. Raises `NotFound`, `SetAside`."""
    message = await open_message(store, identity, message_id)
    if message.disowned_at is not None:
        raise SetAside(f"message {message_id}")
    return message


async def open_message(store: MessagingStore, identity: Identity, message_id: str) -> Message:
    """One message of the patient's. Raises `NotFound`."""
    async with own(store, identity, "message-opened", "message", message_id):
        return await store.message(identity.patient_id, message_id)
