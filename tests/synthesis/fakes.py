"""Synthesis' own interfaces, in memory."""

import copy
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from chassis.bus import Ready
from chassis.errors import NotYet
from contracts.base import Claim, Event
from synthesis.domain.patient import Patient
from synthesis.domain.profile import Profile
from synthesis.objects import SynthesisObjects
from synthesis.pdf import MEDIA_TYPE
from synthesis.store import SynthesisStore


class FakeTx:
    """What a transaction gathers: events that leave with it, and audit records."""

    def __init__(self) -> None:
        self.published: list[Event] = []
        self.audited: list[dict[str, Any]] = []

    def publish(self, event: Event, key: str) -> None:
        assert key == event.patient_id  # type: ignore[attr-defined]
        self.published.append(event)

    def audit(self, **record: Any) -> None:
        self.audited.append(record)


class FakeStore(SynthesisStore):
    """The store of synthesis in two dictionaries."""

    def __init__(self) -> None:
        self.patients: dict[str, Patient] = {}
        self.profiles: dict[str, Profile] = {}
        self.published: list[Event] = []
        self.audited: list[dict[str, Any]] = []

    @property
    def state(self) -> Any:
        return copy.deepcopy((self.patients, self.profiles))

    async def transact(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        tx, before = FakeTx(), self.state
        try:
            result = await work(tx)
        except BaseException:
            self.patients, self.profiles = before
            raise
        self.published += tx.published
        self.audited += tx.audited
        return result

    async def patient(self, patient_id: str, tx: Any = None) -> Patient | None:
        return self.patients.get(patient_id)

    async def save_patient(self, tx: Any, patient: Patient) -> None:
        known = self.patients.get(patient.id)
        if known is None or known.revision < patient.revision:
            self.patients[patient.id] = patient

    async def profile(self, patient_id: str, tx: Any = None) -> Profile:
        return self.profiles.get(patient_id, Profile(patient_id=patient_id))

    async def save_profile(self, tx: Any, profile: Profile) -> None:
        self.profiles[profile.patient_id] = profile

    async def is_anothers(self, patient_id: str, entry_id: str) -> bool:
        return any(
            entry_id in profile.entry_ids and profile.patient_id != patient_id
            for profile in self.profiles.values()
        )


class FakeObjects(SynthesisObjects):
    """What was handed over, by claim key."""

    def __init__(self) -> None:
        self.handed: dict[str, bytes] = {}

    async def hand_over_pdf(
        self, pdf: bytes, *, patient_id: str, row_id: str, revision: int, filename: str
    ) -> Claim:
        key = f"handover/messaging/{patient_id}/{row_id}-{revision}"
        self.handed[key] = pdf
        return Claim(
            key=key,
            sha256=hashlib.sha256(pdf).hexdigest(),
            size=len(pdf),
            media_type=MEDIA_TYPE,
            filename=filename,
        )


async def deliver(store: FakeStore, handlers: Any, event: Event) -> bool:
    """What the bus does with one event. False when it has to wait for its patient."""
    handlings = {handling.event: handling for each in handlers.subscriptions() for handling in each.on}
    handling = handlings[type(event)]
    try:
        prepared = await handling.prepare(event, None) if handling.prepare else None
        await store.transact(lambda tx: handling.perform(tx, [Ready(event=event, prepared=prepared)]))
    except NotYet:
        return False
    return True
