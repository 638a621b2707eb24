"""Which notices a letter asks for, by the patient's choice: its own, its day's digest, a reminder in a week."""

from datetime import datetime, timedelta

from msgspec import Struct

from notifier.domain.hours import next_evening
from notifier.domain.notices import REMIND_AFTER, Kind, notice_id
from notifier.domain.patient import Patient

MARGIN = timedelta(minutes=1)
"""A letter this close to the evening goes into the next one's digest: this one's may be on its way."""


class Gathered(Struct, frozen=True):
    """A notice about all of a patient's letters that share it."""

    kind: Kind
    id: str
    due_at: datetime


class Plan(Struct, frozen=True):
    """What becomes of a letter's own notice, and which others it joins.

    `state`: `queued` it leaves by itself, `gathered` the digest tells it, `withheld` the patient wants none.
    """

    state: str
    digest: Gathered | None = None
    reminder: Gathered | None = None


def plan_for_letter(patient: Patient, received_at: datetime, at: datetime) -> Plan:
    """What a letter asks for, by the patient's choice as it is now."""
    if patient.notices == "none":
        return Plan("withheld")
    reminder = _gathered(Kind.REMINDER, patient, max(received_at + REMIND_AFTER, at))
    if patient.notices == "digest":
        return Plan("gathered", _gathered(Kind.DIGEST, patient, at), reminder)
    return Plan("queued", None, reminder)


def _gathered(kind: Kind, patient: Patient, after: datetime) -> Gathered:
    due_at = next_evening(after + MARGIN, patient.time_zone)
    return Gathered(kind, notice_id(kind, patient.id, due_at.isoformat()), due_at)
