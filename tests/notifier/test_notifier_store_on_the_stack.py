"""The notifier's store on the real database: what fakes can't prove."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from chassis.clock import now
from chassis.ids import new_id
from contracts.messaging import MessageReceived
from notifier.domain.notices import Kind
from notifier.domain.queueing import Announcement, Fixed, Joined
from notifier.settings import NotifierSettings
from notifier.store import NOTICES, NotifierStore
from stack.control import Stack
from tests.notifier.fakes import message_received

pytestmark = pytest.mark.stack

FAR = timedelta(days=30)
"""No evening that the running notifier would come to."""


@pytest.fixture
async def store(stack: Stack) -> AsyncIterator[NotifierStore]:
    known = {name.removeprefix("PLI_").lower(): value for name, value in stack.env("notifier").items()}
    made = NotifierStore(NotifierSettings(**known))
    yield made
    await made.collection(NOTICES).delete_many({"pointless_after": {"$gte": now() + FAR}})
    made.close()


def fixed(notice_id: str, at: datetime) -> Fixed:
    later = at + 2 * FAR
    message_id = f"<{notice_id}@trial.test>"
    return Fixed(id=notice_id, message_id=message_id, queued_at=at, pointless_after=later, kept_until=later)


def joined(kind: Kind, at: datetime) -> Joined:
    notice_id = new_id()
    return Joined(kind, fixed(notice_id, at), at + FAR, view_hash=notice_id)


def letter(received: MessageReceived, **joins: Joined | None) -> Announcement:
    mine = fixed(received.message_id, received.received_at)
    return Announcement(fixed=mine, received=received, view_hash=mine.id, state="gathered", **joins)


async def test_a_digest_and_a_reminder_count_the_letters_that_joined_them_and_were_not_read(
    store: NotifierStore,
) -> None:
    at, patient_id = now(), new_id()
    digest, reminder = joined(Kind.DIGEST, at), joined(Kind.REMINDER, at)
    letters = [message_received(patient_id, at) for _ in range(4)]
    first, second, third, fourth = letters
    announced = [
        letter(first, digest=digest, reminder=reminder),
        letter(second, digest=digest),
        letter(third, reminder=reminder),
        letter(fourth),
    ]
    await store.transact(lambda tx: store.queue_letters(tx, announced))
    assert [await store.unread(one.fixed.id) for one in (digest, reminder)] == [2, 2]
    await store.transact(lambda tx: store.note_read(tx, first.message_id, at, at + FAR))
    assert [await store.unread(one.fixed.id) for one in (digest, reminder)] == [1, 1]
    await store.transact(lambda tx: store.note_read(tx, third.message_id, at, at + FAR))
    assert [await store.unread(one.fixed.id) for one in (digest, reminder)] == [1, 0]
