"""A conversation page by page on the real database: every message once, in order, wherever one begins."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import now
from chassis.ids import new_id
from messaging.domain.model import Message, MessageKind, Party
from messaging.settings import MessagingSettings
from messaging.store import MessagingStore, PageKey, message_key
from messaging.store.rows import row_of
from stack.control import Stack

pytestmark = pytest.mark.stack

AT = now()
MANY = 47
PATIENT_ID, CONVERSATION_ID = new_id(), new_id()


class TrialStore(MessagingStore):
    """The messages of messaging under a name of their own."""

    PREFIX = f"trial-{new_id()[-8:]}"

    def collection(self, name: str) -> Any:
        return super().collection(f"{self.PREFIX}-{name}")


def message(number: int) -> Message:
    """Three messages a minute, so that pages end between twins."""
    kind = MessageKind.REPLY if number == MANY - 1 else MessageKind.LETTER
    return Message(
        id=new_id(),
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
NEWEST_FIRST = [one.id for one in sorted(MESSAGES, key=lambda one: (one.at, one.id), reverse=True)]


@pytest.fixture
async def store(stack: Stack) -> AsyncIterator[TrialStore]:
    known = {name.removeprefix("PLI_").lower(): value for name, value in stack.env("messaging-web").items()}
    made = TrialStore(MessagingSettings(**known))
    for index in made.INDEXES["messages"]:
        await made.collection("messages").create_indexes([index])
    another = row_of(message(0)) | {"patient_id": new_id()}
    elsewhere = row_of(message(0)) | {"conversation_id": new_id()}
    await made.collection("messages").insert_many([*map(row_of, MESSAGES), another, elsewhere])
    yield made
    await made.collection("messages").drop()
    made.close()


async def test_every_message_is_met_once_from_the_newest_to_the_oldest(store: TrialStore) -> None:
    met: list[str] = []
    key: PageKey | None = None
    while True:
        page = await store.messages(PATIENT_ID, CONVERSATION_ID, older_than=key, size=7)
        met += [one.id for one in page.messages]
        if page.older is None:
            break
        key = page.older
    assert met == NEWEST_FIRST


async def test_what_came_after_any_place_is_found(store: TrialStore) -> None:
    by_id = {one.id: one for one in MESSAGES}
    for place in (0, 1, 20, MANY - 1):
        key = message_key(by_id[NEWEST_FIRST[place]])
        newer = await store.newer_messages(PATIENT_ID, CONVERSATION_ID, key, size=100)
        assert [one.id for one in newer] == NEWEST_FIRST[:place]
    nearest = await store.newer_messages(PATIENT_ID, CONVERSATION_ID, message_key(by_id[NEWEST_FIRST[20]]), size=5)
    assert [one.id for one in nearest] == NEWEST_FIRST[15:20]


async def test_a_reply_refers_to_the_latest_letter_that_can_be_named(store: TrialStore) -> None:
    nameable = [one for one in MESSAGES if one.kind is MessageKind.LETTER and one.message_id]
    latest = max(nameable, key=lambda one: (one.at, one.id))

    async def work(tx: Any) -> Message | None:
        return await store.answered_letter(PATIENT_ID, CONVERSATION_ID, tx)

    assert await store.transact(work) == latest
