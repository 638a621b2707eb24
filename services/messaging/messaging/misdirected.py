"""The operators' queue of letters that patients said are not theirs (journeys §4): listed, then settled."""

import asyncio
from collections.abc import Sequence

from prometheus_client import Gauge

from chassis.background import Recurring
from chassis.errors import NotFound
from chassis.store import Tx
from messaging.disclosing import Access
from messaging.domain.disowning import Misdirected
from messaging.store import MessagingStore

LISTED, SETTLED = "misdirected-letter-listed", "misdirected-letter-settled"
COLUMNS = ("set aside", "message", "patient", "sent from", "sender told")
AT_ONCE = 200
COUNT_EVERY = 10.0
WAITING = Gauge(
    "pli_misdirected_letters_waiting", "letters that patients said are not theirs, which nobody has looked into"
)


async def waiting(store: MessagingStore, access: Access) -> Sequence[Misdirected]:
    """The 200 that wait longest; that they were shown is in each patient's audit. Raises `BackingServiceAway`."""
    letters = await store.misdirected(AT_ONCE)

    async def work(tx: Tx) -> None:
        for letter in letters:
            access.note(tx, LISTED, "message", letter.id, letter.patient_id)

    if letters:
        await store.transact(work)
    return letters


def columns_of(letter: Misdirected) -> Sequence[str]:
    """What an operator sees of a letter that waits, as `COLUMNS` name it."""
    told = "yes" if letter.sender_told else "no"
    since = letter.set_aside_at.isoformat(timespec="seconds")
    return since, letter.id, letter.patient_id, letter.sender_domain, told


async def settle(store: MessagingStore, message_id: str, access: Access) -> None:
    """Note that a letter was looked into. The patient may still take it back.

    Raises `NotFound` where no such letter waits, `BackingServiceAway`.
    """

    async def work(tx: Tx) -> None:
        letter = await store.unqueue_misdirected(tx, message_id)
        if letter is None:
            raise NotFound(f"misdirected letter {message_id}")
        access.note(tx, SETTLED, "message", letter.id, letter.patient_id)

    await store.transact(work)


class Counting(Recurring):
    """A part of the worker: says how many wait. Each worker says the same number."""

    name = "misdirected"

    def __init__(self, store: MessagingStore) -> None:
        self._store = store
        super().__init__()

    async def _turn(self) -> None:
        WAITING.set(await self._store.count_misdirected())
        await asyncio.sleep(COUNT_EVERY)
