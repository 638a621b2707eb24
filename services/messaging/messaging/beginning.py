""" "Nouveau message": a draft that begins a conversation with professionals who have written before."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from chassis.identity import Identity
from chassis.ids import new_id
from chassis.store import Tx
from messaging.access import note
from messaging.attaching import Picked, add_documents
from messaging.domain.addresses import Domains
from messaging.domain.beginning import begin_with, subject_fault
from messaging.domain.drafting import tick_of
from messaging.domain.errors import NobodyChosen, SubjectRefused
from messaging.domain.model import Correspondent, Draft
from messaging.domain.replying import may_be_written_to
from messaging.store import MessagingStore


class Beginning(Struct, frozen=True, kw_only=True):
    """What the page "Nouveau message" sends: the ticks of professionals, the "Objet", and documents to attach."""

    ticks: tuple[str, ...]
    subject: str
    documents: tuple[Picked, ...] = ()


async def whom_to_write(store: MessagingStore, domains: Domains, identity: Identity) -> list[Correspondent]:
    """The professionals that "Nouveau message" offers, by name."""
    everyone = await store.everyone_known(identity.patient_id)
    return _offered(everyone, domains)


def _offered(everyone: Sequence[Correspondent], domains: Domains) -> list[Correspondent]:
    found = [record for record in everyone if may_be_written_to(record, domains)]
    return sorted(found, key=lambda record: (record.name.casefold(), record.address))


async def begin_message(
    store: MessagingStore, domains: Domains, identity: Identity, wish: Beginning, *, at: datetime
) -> Draft:
    """A new draft with its documents asked for, and the row of the conversation that it will begin.

    Who may not be written to, or no longer, counts as not chosen. Raises `NobodyChosen`, `SubjectRefused`,
    `AttachmentsTooLarge` and `TooManyFiles` with nothing begun.
    """
    if fault := subject_fault(wish.subject):
        raise SubjectRefused(fault)

    async def work(tx: Tx) -> Draft:
        everyone = await store.everyone_known(identity.patient_id, tx)
        chosen = [record for record in _offered(everyone, domains) if tick_of(record.address) in wish.ticks]
        if not chosen:
            raise NobodyChosen("nobody who may be written to")
        conversation, draft = begin_with(identity.patient_id, new_id(), chosen, wish.subject, at)
        await store.save_conversation(tx, conversation)
        await store.add_draft(tx, draft)
        await store.count(tx, identity.patient_id, conversations=1)
        note(tx, identity, "message-begun", "draft", draft.id)
        await add_documents(store, tx, identity, draft, wish.documents, at=at)
        return draft

    return await store.transact(work)
