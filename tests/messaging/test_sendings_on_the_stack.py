"""What a patient may send is counted by presses on the real database, to however many domains each goes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.clock import now
from chassis.ids import new_id
from chassis.store import Tx
from messaging.domain.allowance import Allowance, Allowances
from messaging.domain.consignment import consigned
from messaging.domain.errors import TooManyReplies
from messaging.domain.model import Message, MessageKind, Party
from messaging.rationing import spend_allowances
from messaging.settings import MessagingSettings
from messaging.store import MessagingStore
from stack.control import Stack

pytestmark = pytest.mark.stack

AT = now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALLOWANCES = Allowances(
    by_patient=(Allowance(5, HOUR), Allowance(12, DAY)), to_professional=(Allowance(300, HOUR),)
)
MANY = tuple(Party(name=f"Dr {number}", address=f"dr@clinique-{number}.mssante.fr") for number in range(15))


class TrialStore(MessagingStore):
    """What is sent of messaging, under a name of its own."""

    PREFIX = f"trial-{new_id()[-8:]}"

    def collection(self, name: str) -> Any:
        return super().collection(f"{self.PREFIX}-{name}")


@pytest.fixture
async def store(stack: Stack) -> AsyncIterator[TrialStore]:
    known = {name.removeprefix("PLI_").lower(): value for name, value in stack.env("messaging-web").items()}
    made = TrialStore(MessagingSettings(**known))
    for name in ("sendings", "consignments"):
        await made._create(f"{made.PREFIX}-{name}")
    await made.collection("consignments").create_indexes(list(made.INDEXES["consignments"]))
    yield made
    for name in ("sendings", "consignments"):
        await made.collection(name).drop()
    made.close()


class Patient:
    """Somebody who writes to all of them each time."""

    def __init__(self, store: TrialStore) -> None:
        self.store, self.id = store, new_id()

    async def sends(self, at: datetime) -> bool:
        """Whether it may leave then."""
        message = self._reply(at)

        async def work(tx: Tx) -> None:
            await spend_allowances(self.store, tx, ALLOWANCES, self.id, MANY, at=at)
            await self.store.queue_consignments(tx, consigned(message, MANY, at))

        try:
            await self.store.transact(work)
        except TooManyReplies:
            return False
        return True

    def _reply(self, at: datetime) -> Message:
        message_id = new_id()
        return Message(
            id=message_id,
            patient_id=self.id,
            conversation_id=message_id,
            kind=MessageKind.REPLY,
            sender=Party(name="Inaya Michel", address="inaya@patient.mssante.fr"),
            recipients=MANY,
            at=at,
            subject="",
            text="Bonjour",
            message_id=f"<{message_id}@patient.mssante.fr>",
        )

    async def on_the_road(self) -> int:
        count: int = await self.store.collection("consignments").count_documents({"patient_id": self.id})
        return count


async def test_a_message_to_fifteen_domains_counts_once_and_the_limits_hold(store: TrialStore) -> None:
    patient = Patient(store)
    assert [await patient.sends(AT + timedelta(minutes=minute)) for minute in range(6)] == [True] * 5 + [False]
    assert await patient.on_the_road() == 5 * len(MANY)
    assert await patient.sends(AT + HOUR)
    later = [await patient.sends(AT + timedelta(hours=2 * number)) for number in range(1, 8)]
    assert later == [True] * 6 + [False]
    assert await patient.sends(AT + DAY)
    assert await Patient(store).sends(AT)


async def test_presses_at_the_same_moment_are_counted_each(store: TrialStore) -> None:
    patient = Patient(store)
    left = await asyncio.gather(*(patient.sends(AT) for _ in range(8)))
    assert left.count(True) == 5
