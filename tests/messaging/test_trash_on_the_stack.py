"""What is put away, on the real database: a conversation goes after 30 days with all of it and nothing else, and a
letter set aside is found by no search and waits for an operator."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chassis.errors import NotFound
from chassis.ids import new_id
from chassis.store import Tx
from messaging.disclosing import Access
from messaging.disowning import set_aside, take_back
from messaging.domain.consignment import consigned
from messaging.domain.model import (
    Draft,
    DraftRow,
    Keep,
    Mailbox,
    Message,
    MessageKind,
    Party,
    RowSource,
    RowState,
)
from messaging.domain.threads import begin
from messaging.misdirected import settle, waiting
from messaging.objects import raw_key
from messaging.searching import count_found
from messaging.settings import MessagingSettings
from messaging.store import MessagingStore
from messaging.tidying import Tidying
from messaging.upkeep import delete_conversation, restore_conversation
from stack.control import Stack
from tests.messaging.fakes import identity_of
from tests.messaging.people import DOMAINS, World

pytestmark = pytest.mark.stack

AT = datetime(2026, 6, 9, tzinfo=UTC)
MONTH = timedelta(days=30)
ACCESS = Access(by="Anne Petit", reason="demande 2026-114")
MARIE = Party(name="Marie Chanteau", address="marie@chu.mssante.fr")


class TrialStore(MessagingStore):
    """Messaging's store under names of its own, but for what leaves with a transaction."""

    PREFIX = f"trial-{new_id()[-8:]}"

    def collection(self, name: str) -> Any:
        kept_apart = name in MessagingStore.INDEXES
        return super().collection(f"{self.PREFIX}-{name}" if kept_apart else name)

    async def transact(self, work: Any) -> Any:
        """Without the outbox: nobody else is to hear of this."""

        async def silent(tx: Tx) -> Any:
            result = await work(tx)
            tx.outgoing.clear()
            return result

        return await super().transact(silent)

    async def kept(self, name: str) -> int:
        count: int = await self.collection(name).count_documents({})
        return count


class Shelf:
    """The objects that were to be deleted."""

    def __init__(self) -> None:
        self.removed: set[str] = set()

    async def remove(self, key: str) -> None:
        self.removed.add(key)

    remove_under = remove


@pytest.fixture
async def store(stack: Stack) -> AsyncIterator[TrialStore]:
    known = {name.removeprefix("PLI_").lower(): value for name, value in stack.env("messaging-web").items()}
    made = TrialStore(MessagingSettings(**known))
    for name, indexes in MessagingStore.INDEXES.items():
        await made._create(f"{made.PREFIX}-{name}")
        if indexes:
            await made.collection(name).create_indexes(list(indexes))
    yield made
    for name in MessagingStore.INDEXES:
        await made.collection(name).drop()
    made.close()


class Mailboxes:
    """Conversations with all that one can have, in mailboxes of their own."""

    def __init__(self, store: TrialStore) -> None:
        self.store = store

    async def conversation(self, patient_id: str) -> Message:
        """A letter, its answer on the road, a draft with a file, an attachment asked to be kept."""
        letter = _message(patient_id, MessageKind.LETTER, new_id())
        reply = _message(patient_id, MessageKind.REPLY, letter.id)
        draft = Draft(
            id=new_id(), patient_id=patient_id, conversation_id=letter.id, created_at=AT, updated_at=AT, text="x",
            blank=False,
        )  # fmt: skip
        row = DraftRow(
            id=new_id(), patient_id=patient_id, draft_id=draft.id, source=RowSource.UPLOAD, state=RowState.READY,
            filename="a.pdf", media_type="application/pdf", size=3, requested_at=AT,
        )  # fmt: skip
        keep = Keep(
            id=new_id(), patient_id=patient_id, message_id=letter.id, attachment_id=new_id(), title="A",
            requested_at=AT,
        )  # fmt: skip

        async def work(tx: Tx) -> None:
            await self.store.add_message(tx, letter)
            await self.store.add_message(tx, reply)
            await self.store.save_conversation(tx, replace(begin(letter), messages=2))
            await self.store.count(tx, patient_id, unread=1, conversations=1, letters=1)
            await self.store.add_draft(tx, draft)
            await self.store.add_draft_rows(tx, draft, [row])
            await self.store.save_keep(tx, keep)
            await self.store.queue_consignments(tx, consigned(reply, [MARIE], AT))

        await self.store.transact(work)
        return letter

    async def open(self, patient_id: str) -> None:
        await self.store.transact(lambda tx: self.store.open_mailbox(tx, Mailbox(id=patient_id, opened_at=AT)))


def _message(patient_id: str, kind: MessageKind, conversation_id: str) -> Message:
    message_id = conversation_id if kind is MessageKind.LETTER else new_id()
    return Message(
        id=message_id,
        patient_id=patient_id,
        conversation_id=conversation_id,
        kind=kind,
        sender=MARIE,
        recipients=(MARIE,),
        at=AT,
        subject="Résultats",
        text="Bonjour",
        message_id=f"<{message_id}@x>",
        links=(f"<{message_id}@x>", f"<{conversation_id}@x>"),
        thread_key="résultats" if kind is MessageKind.LETTER else None,
    )


OF_A_CONVERSATION = ("conversations", "messages", "words", "drafts", "draft_rows", "keeps", "consignments")


async def counted(store: TrialStore) -> dict[str, int]:
    return {name: await store.kept(name) for name in OF_A_CONVERSATION}


async def test_after_thirty_days_all_of_it_goes_and_nothing_else_does(store: TrialStore) -> None:
    me, other, shelf = new_id(), new_id(), Shelf()
    mailboxes = Mailboxes(store)
    for patient_id in (me, other):
        await mailboxes.open(patient_id)
    deleted, restored, stays = [await mailboxes.conversation(me) for _ in range(3)]
    await mailboxes.conversation(other)
    all_four = await counted(store)
    for letter in (deleted, restored):
        await delete_conversation(store, identity_of(me), letter.id, at=AT)
    await restore_conversation(store, identity_of(me), restored.id, at=AT + MONTH - timedelta(seconds=1))

    await Tidying(store, shelf, lambda: AT + MONTH - timedelta(seconds=1)).tidy()  # type: ignore[arg-type]
    assert await counted(store) == all_four
    assert shelf.removed == set()

    await Tidying(store, shelf, lambda: AT + MONTH).tidy()  # type: ignore[arg-type]
    assert await counted(store) == {name: many * 3 // 4 for name, many in all_four.items()}
    assert any(raw_key(me, deleted.id).startswith(key) for key in shelf.removed)
    assert not any(raw_key(me, letter.id).startswith(key) for letter in (restored, stays) for key in shelf.removed)
    assert not any(other in key for key in shelf.removed)
    assert await store.kept("trash") == 0
    ties = await store.collection("ties").find({"_id": {"$gt": f"{me}:", "$lt": f"{me};"}}).to_list(None)
    assert len(ties) == 5 and not any(deleted.id in tie["spans"] for tie in ties)
    with pytest.raises(NotFound):
        await store.conversation(me, deleted.id)
    box = await store.mailbox(me)
    assert (box.unread, box.conversations) == (2, 2)


async def test_a_letter_that_came_meanwhile_saves_it_from_its_end(store: TrialStore) -> None:
    me, shelf = new_id(), Shelf()
    mailboxes = Mailboxes(store)
    await mailboxes.open(me)
    letter = await mailboxes.conversation(me)
    before = await counted(store)
    await delete_conversation(store, identity_of(me), letter.id, at=AT)

    async def brought_back(tx: Tx) -> None:
        row = await store.conversation(me, letter.id, tx)
        await store.change_conversation(tx, row, replace(row, trashed_at=None))

    await store.transact(brought_back)
    await Tidying(store, shelf, lambda: AT + MONTH).tidy()  # type: ignore[arg-type]
    assert await counted(store) == before
    assert await store.kept("trash") == 0
    assert shelf.removed == set()


async def test_a_letter_set_aside_is_found_by_no_search_and_waits_until_it_is_settled_or_taken_back(
    store: TrialStore,
) -> None:
    me = new_id()
    mailboxes, identity = Mailboxes(store), identity_of(me)
    await mailboxes.open(me)
    await store.transact(lambda tx: store.save_patient(tx, replace(World().inaya, id=me)))
    first, second, stays = [await mailboxes.conversation(me) for _ in range(3)]
    answers = 3
    assert (await count_found(store, identity, "resultats")).count == 3 + answers
    for minutes, letter in enumerate((first, second)):
        await set_aside(store, DOMAINS, identity, letter.id, AT + timedelta(minutes=minutes))
        await set_aside(store, DOMAINS, identity, letter.id, AT + MONTH)
    assert (await count_found(store, identity, "resultats")).count == 1 + answers
    assert [one.id for one in await waiting(store, ACCESS)] == [first.id, second.id]
    assert await store.count_misdirected() == 2

    await take_back(store, identity, first.id, AT + timedelta(days=1))
    await settle(store, second.id, ACCESS)
    assert (await count_found(store, identity, "resultats")).count == 2 + answers
    assert await store.count_misdirected() == 0
    for letter in (first, second, stays):
        with pytest.raises(NotFound):
            await settle(store, letter.id, ACCESS)
