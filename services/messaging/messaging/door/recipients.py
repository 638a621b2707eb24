"""Who a recipient is, in SMTP's answers: 250 for one of ours, 550 for nobody's, 451 when it can't be known."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta

from msgspec import Struct

from chassis.clock import Clock
from chassis.errors import BackingServiceAway
from messaging.domain.addresses import read_recipient
from messaging.domain.model import Patient
from messaging.store import MessagingStore

REMEMBERED_FOR = timedelta(seconds=60)
MOST_REMEMBERED = 50_000
FRESH = timedelta(seconds=10)
ANSWER_WITHIN = 1.5
CERTAIN_WITHIN = 8.0
LOOK_AGAIN = 0.25
PATIENTS = "auth.patients"

NOT_AN_INS = "550 5.1.3 Not a patient's address"
UNKNOWN = "550 5.1.1 No such mailbox"
CLOSED = "550 5.2.1 Mailbox closed"
NOT_NOW = "451 4.3.0 Cannot promise delivery now, try again later"


class Known(Struct, frozen=True):
    """A recipient who is one of our patients."""

    patient_id: str
    address: str


class Recipients:
    """Looks recipients up. Only positive answers are remembered, at most 60 s."""

    def __init__(self, store: MessagingStore, patient_domain: str, clock: Clock) -> None:
        self._store = store
        self._domain = patient_domain
        self._clock = clock
        self._remembered: OrderedDict[str, tuple[Known, datetime]] = OrderedDict()

    async def find(self, address: str) -> Known | str:
        """The patient, or the reply that refuses the recipient."""
        recipient = read_recipient(address, self._domain)
        if recipient is None:
            return NOT_AN_INS
        if known := self._recall(recipient.address):
            return known
        try:
            return await self._look_up(recipient.address) or await self._once_certain(recipient.address)
        except (BackingServiceAway, TimeoutError):
            return NOT_NOW

    async def _look_up(self, address: str) -> Known | str | None:
        async with asyncio.timeout(ANSWER_WITHIN):
            patient = await self._store.patient_at(address)
        if patient is None:
            return None
        return self._remember(patient, address) if patient.status == "active" else CLOSED

    async def _once_certain(self, address: str) -> Known | str:
        """Nobody yet: wait until all of auth's patients as of now have been seen, and look again.

        A patient who activated a moment ago must not bounce, and who guesses addresses is slowed down.
        """
        asked_at, give_up = self._clock(), asyncio.get_running_loop().time() + CERTAIN_WITHIN
        while asyncio.get_running_loop().time() < give_up:
            async with asyncio.timeout(ANSWER_WITHIN):
                seen_until = await self._store.caught_up_at(PATIENTS)
            if seen_until is None or asked_at - seen_until > FRESH:
                return NOT_NOW
            if seen_until >= asked_at:
                return await self._look_up(address) or UNKNOWN
            await asyncio.sleep(LOOK_AGAIN)
        return NOT_NOW

    def _recall(self, address: str) -> Known | None:
        found = self._remembered.get(address)
        if found is None:
            return None
        known, until = found
        if self._clock() < until:
            return known
        del self._remembered[address]
        return None

    def _remember(self, patient: Patient, address: str) -> Known:
        known = Known(patient.id, address)
        self._remembered[address] = (known, self._clock() + REMEMBERED_FOR)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return known
