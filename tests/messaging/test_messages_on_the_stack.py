"""A conversation page by page on the real database: every message once, in order, wherever one begins."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chassis.clock import now
from chassis.ids import new_id
from chassis.store import Row
from messaging.domain.model import Conversation, Message, MessageKind, Party
from messaging.domain.threads import begin
from messaging.settings import MessagingSettings
from messaging.store import MessagingStore, PageKey, message_key
from messaging.store.messages import message_row
from stack.control import Stack

pytestmark = pytest.mark.stack

AT = now()
MANY = 247
PATIENT_ID, CONVERSATION_ID = new_id(), new_id()


class TrialStore(MessagingStore):
    """The messages of messaging under a name of their own."""

    PREFIX = f"trial-{new_id()[-8:]}"
    read = 0

    def collection(self, name: str) -> Any:
        return super().collection(f"{self.PREFIX}-{name}")

    async def _in_order(self, query: Row, direction: int, most: int) -> list[Message]:
        self.read += await self.collection("messages").count_documents(query)
        return await super()._in_order(query, direction, most)


def message(number: int) -> Message:
    """Three messages a minute, so that pages end between twins."""
    kind = MessageKind.REPLY if number == MANY - 1 else MessageKind.LETTER
    return Message(
        id=f"{new_id()[:-4]}{number:04x}",
        patient_id=PATIENT_ID,
        conversation_id=CONVERSATION_ID,
        kind=kind,
        sender=Party(name="Christelle Thomas", address="christelle@chu.mssante.fr"),
        recipients=(),
        at=AT + timedelta(minutes=number // 3),
        subject="",
        text=str(number),
        message_id="" if number == MANY - 2 else f"<{number}@chu.mssante.fr>",
    )


MESSAGES = [message(number) for number in range(MANY)]
BY_ID = {one.id: one for one in MESSAGES}
NEWEST_FIRST = [one.id for one in sorted(MESSAGES, key=lambda one: (one.at, one.id), reverse=True)]


@pytest.fixture
async def store(stack: Stack) -> AsyncIterator[TrialStore]:
    known = {name.removeprefix("PLI_").lower(): value for name, value in stack.env("messaging-web").items()}
    made = TrialStore(MessagingSettings(**known))
    for index in made.INDEXES["messages"]:
        await made.collection("messages").create_indexes([index])
    another = message_row(message(0)) | {"patient_id": new_id()}
    elsewhere = message_row(message(0)) | {"conversation_id": new_id()}
    await made.collection("messages").insert_many([*map(message_row, MESSAGES), another, elsewhere])
    yield made
    await made.collection("messages").drop()
    made.close()


@pytest.mark.parametrize("total", [0, MANY])
async def test_every_message_is_met_once_from_the_newest_to_the_oldest(store: TrialStore, total: int) -> None:
    met: list[str] = []
    key: PageKey | None = None
    while True:
        page = await store.messages(PATIENT_ID, CONVERSATION_ID, older_than=key, size=7, total=total)
        met += [one.id for one in page.messages]
        if page.older is None:
            break
        key = page.older
    assert met == NEWEST_FIRST


async def test_what_came_after_any_place_is_found(store: TrialStore) -> None:
    for place in (0, 1, 20, MANY - 1):
        key = message_key(BY_ID[NEWEST_FIRST[place]])
        newer = await store.newer_messages(PATIENT_ID, CONVERSATION_ID, key, size=MANY)
        assert [one.id for one in newer] == NEWEST_FIRST[:place]
    nearest = await store.newer_messages(PATIENT_ID, CONVERSATION_ID, message_key(BY_ID[NEWEST_FIRST[20]]), size=5)
    assert [one.id for one in nearest] == NEWEST_FIRST[15:20]


async def test_a_reply_refers_to_the_latest_letter_that_can_be_named(store: TrialStore) -> None:
    nameable = [one for one in MESSAGES if one.kind is MessageKind.LETTER and one.message_id]
    latest = max(nameable, key=lambda one: (one.at, one.id))

    for last_received in (MESSAGES[MANY - 2], latest):
        conversation = replace(begin(latest), id=CONVERSATION_ID, last_received_id=last_received.id)

        async def work(tx: Any, conversation: Conversation = conversation) -> Message | None:
            return await store.answered_letter(conversation, tx)

        assert await store.transact(work) == latest


async def test_a_page_of_a_long_conversation_reads_only_what_lies_near_it(store: TrialStore) -> None:
    for place in (0, MANY // 2, MANY - 30):
        store.read = 0
        key = message_key(BY_ID[NEWEST_FIRST[place]])
        page = await store.messages(PATIENT_ID, CONVERSATION_ID, older_than=key, size=20, total=MANY)
        assert len(page.messages) == 20
        assert store.read <= 4 * 16 + 3
