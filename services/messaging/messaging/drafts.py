"""Drafts: begun by "Répondre", saved as one types, and turned into a reply by "Envoyer"."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from chassis.errors import NotFound
from chassis.identity import Identity
from chassis.ids import new_id
from chassis.store import Tx
from chassis.telemetry import current_traceparent
from contracts.messaging import DocumentsSent
from messaging.access import note, own
from messaging.conversations import Exchange, exchange
from messaging.domain.addresses import Domains
from messaging.domain.allowance import NO_LIMITS, Allowances
from messaging.domain.drafting import tick_of
from messaging.domain.errors import AnotherDraft, DraftChangedElsewhere, ReplyBlocked
from messaging.domain.model import Conversation, Draft, DraftRow, Message
from messaging.domain.replying import Blocked, Reply, ReplyOptions, reply_from
from messaging.domain.threads import answered
from messaging.domain.voices import addresses_in
from messaging.rationing import spend_allowances
from messaging.removing import is_empty, put_back
from messaging.store import MessagingStore
from messaging.telling import state_told


class Conflict(DraftChangedElsewhere):
    """Another device saved first. `saved` is the draft as it is kept, `typed` what was refused."""

    def __init__(self, saved: Draft, typed: "Typed") -> None:
        super().__init__(f"draft {saved.id} is at revision {saved.revision}, not {typed.revision}")
        self.saved = saved
        self.typed = typed


class Typed(Struct, frozen=True, kw_only=True):
    """What an open page of the draft sent: the text, the ticks of recipients, and the revision it knows.

    `page` tells open pages apart: an answer that was lost must not make a page conflict with itself.
    """

    text: str
    ticks: tuple[str, ...]
    revision: int
    page: str


class Begun(Struct, frozen=True, kw_only=True):
    """The draft that "Répondre" or "Répondre à tous" leads to; `changed` if its ticks were another's."""

    draft: Draft
    changed: bool = False


class Desk(Struct, frozen=True, kw_only=True):
    """A draft on the desk: with its files, its conversation, and who may be answered there."""

    draft: Draft
    rows: tuple[DraftRow, ...]
    exchange: Exchange

    @property
    def conversation(self) -> Conversation:
        """The conversation that is answered."""
        return self.exchange.conversation

    @property
    def options(self) -> ReplyOptions:
        """Who may be ticked."""
        return self.exchange.options


async def begin_reply(
    store: MessagingStore,
    domains: Domains,
    identity: Identity,
    conversation_id: str,
    *,
    to_all: bool,
    at: datetime,
) -> Begun:
    """The conversation's one draft, made now unless it exists. Raises `ReplyBlocked`, `NotFound`.

    The button that was not pressed last changes the ticks of an existing draft.
    """

    async def work(tx: Tx) -> Begun:
        found = await exchange(store, domains, identity.patient_id, conversation_id, tx)
        recipients = _first_ticks(found.options, to_all=to_all)
        if found.conversation.draft_id is None:
            draft = _new_draft(identity, conversation_id, recipients, to_all=to_all, at=at)
            await store.add_draft(tx, draft)
            return Begun(draft=draft)
        draft = await store.draft(identity.patient_id, found.conversation.draft_id, tx)
        if draft.to_all == to_all:
            return Begun(draft=draft)
        changed = replace(draft, recipients=recipients, to_all=to_all, updated_at=at)
        return Begun(draft=await _save(store, tx, draft, changed), changed=True)

    async with own(store, identity, "reply-begun", "conversation", conversation_id):
        return await store.transact(work)


def _first_ticks(options: ReplyOptions, *, to_all: bool) -> tuple[str, ...]:
    if options.blocked or options.sender is None:
        raise ReplyBlocked(options.blocked or Blocked.PROFESSIONAL_GONE)
    parties = options.everyone if to_all else (options.sender,)
    return tuple(party.address for party in parties)


def _new_draft(
    identity: Identity, conversation_id: str, recipients: tuple[str, ...], *, to_all: bool, at: datetime
) -> Draft:
    return Draft(
        id=new_id(),
        patient_id=identity.patient_id,
        conversation_id=conversation_id,
        recipients=recipients,
        to_all=to_all,
        created_at=at,
        updated_at=at,
    )


async def open_draft(store: MessagingStore, domains: Domains, identity: Identity, draft_id: str) -> Desk:
    """A draft with all that its page shows. Raises `NotFound`."""
    patient_id = identity.patient_id
    async with own(store, identity, "draft-opened", "draft", draft_id):
        draft = await store.draft(patient_id, draft_id)
    rows = await store.draft_rows(patient_id, draft_id)
    found = await exchange(store, domains, patient_id, draft.conversation_id)
    return Desk(draft=draft, rows=tuple(rows), exchange=found)


async def save_draft(
    store: MessagingStore,
    domains: Domains,
    identity: Identity,
    draft_id: str,
    typed: Typed,
    *,
    at: datetime,
) -> Draft:
    """Keep what was typed. Raises `NotFound`, or `Conflict` with nothing written.

    Text over the limit is kept too: it is sending that it prevents. The same text saved twice is no conflict.
    A draft that went because it was left with nothing in it comes back.
    """

    async def work(tx: Tx) -> Draft:
        draft = await _draft_to_save(store, tx, identity, draft_id, typed)
        found = await exchange(store, domains, identity.patient_id, draft.conversation_id, tx)
        wanted = _as_typed(draft, found, typed)
        if wanted is draft:
            return draft
        return await _save(store, tx, draft, replace(wanted, saved_by=typed.page, updated_at=at))

    async with own(store, identity, "draft-saved", "draft", draft_id):
        return await store.transact(work)


def _as_typed(draft: Draft, found: Exchange, typed: Typed) -> Draft:
    """The draft with what was typed, itself where that says the same. Raises `Conflict`."""
    recipients = _ticked(typed.ticks, found, draft)
    wanted = replace(draft, text=typed.text, blank=not typed.text.strip(), recipients=recipients)
    if (wanted.text, set(wanted.recipients)) == (draft.text, set(draft.recipients)):
        return draft
    if draft.revision != typed.revision and draft.saved_by != typed.page:
        raise Conflict(draft, typed)
    return wanted


async def _draft_to_save(store: MessagingStore, tx: Tx, identity: Identity, draft_id: str, typed: Typed) -> Draft:
    try:
        return await store.draft(identity.patient_id, draft_id, tx)
    except NotFound:
        removed = await store.removed_draft(identity.patient_id, draft_id, tx)
        if not await is_empty(store, removed, tx):
            raise
    try:
        return await put_back(store, tx, removed)
    except AnotherDraft as error:
        raise Conflict(await store.draft(identity.patient_id, error.draft_id, tx), typed) from error


def _ticked(ticks: Sequence[str], found: Exchange, draft: Draft) -> tuple[str, ...]:
    """The addresses that were ticked. Those chosen before stay known, so that sending can refuse them."""
    offered = [party.address for party in found.options.everyone]
    known = dict.fromkeys([*offered, *draft.recipients, *addresses_in(found.conversation.voices)])
    known.pop(found.patient.party.address, None)
    return tuple(address for address in known if tick_of(address) in ticks)


async def _save(store: MessagingStore, tx: Tx, draft: Draft, changed: Draft) -> Draft:
    if not await store.save_draft(tx, changed, expected=draft.revision):
        raise DraftChangedElsewhere(f"no longer at revision {draft.revision}")
    return replace(changed, revision=draft.revision + 1)


async def submit_reply(
    store: MessagingStore,
    domains: Domains,
    identity: Identity,
    draft_id: str,
    typed: Typed,
    *,
    at: datetime,
    confirmed: Collection[str] = (),
    allowances: Allowances = NO_LIMITS,
) -> Message:
    """Turn the draft, as it was typed, into a message that will leave, or raise what the patient must mend.

    `confirmed` holds the marks of the questions answered. The reply keeps the draft's id: the second press of
    "Envoyer" finds no draft any more. Nothing is written by what is raised: `NotFound`, `Conflict`, and what
    `reply_from` and `spend_allowances` raise; what was typed is then for `save_draft` to keep.
    """

    async def work(tx: Tx) -> Message:
        patient_id = identity.patient_id
        kept = await _draft_to_save(store, tx, identity, draft_id, typed)
        rows = await store.draft_rows(patient_id, draft_id, tx)
        found = await exchange(store, domains, patient_id, kept.conversation_id, tx)
        draft = _as_typed(kept, found, typed)
        letter = await store.answered_letter(found.conversation, tx)
        reply = _reply(found, letter, draft, rows, at=at, confirmed=confirmed)
        await spend_allowances(store, tx, allowances, patient_id, reply.message.recipients, at=at)
        await _append(store, tx, found.conversation, draft, reply)
        for consignment in reply.consignments:
            for delivery in consignment.deliveries:
                tx.publish(state_told(consignment, delivery), key=patient_id)
        if sent := documents_sent(reply, rows):
            tx.publish(sent, key=patient_id)
        note(tx, identity, "reply-submitted", "message", reply.message.id)
        return reply.message

    async with own(store, identity, "reply-submitted", "draft", draft_id):
        return await store.transact(work)


def _reply(
    found: Exchange,
    letter: Message | None,
    draft: Draft,
    rows: Sequence[DraftRow],
    *,
    at: datetime,
    confirmed: Collection[str],
) -> Reply:
    return reply_from(
        found.patient,
        (found.conversation, letter),
        draft,
        rows,
        found.options,
        reply_id=draft.id,
        at=at,
        confirmed=confirmed,
        traceparent=current_traceparent(),
    )


async def _append(store: MessagingStore, tx: Tx, conversation: Conversation, draft: Draft, reply: Reply) -> None:
    others = tuple(one for one in conversation.drafts if one != draft.id)
    await store.add_message(tx, reply.message)
    await store.queue_consignments(tx, reply.consignments)
    await store.remove_draft(tx, draft)
    await store.save_conversation(tx, replace(answered(conversation, reply.message), drafts=others))
    await store.count(tx, draft.patient_id)


def documents_sent(reply: Reply, rows: Sequence[DraftRow]) -> DocumentsSent | None:
    """Which of the patient's documents a reply takes with it, and to whom; None when it takes none."""
    ids = tuple(dict.fromkeys(row.document_id for row in rows if row.document_id))
    if not ids:
        return None
    message = reply.message
    return DocumentsSent(
        patient_id=message.patient_id,
        message_id=message.id,
        document_ids=ids,
        recipients=tuple(party.name for party in message.recipients),
        sent_at=message.at,
    )
