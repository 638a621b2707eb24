"""Synthesis with a patient, without a stack."""

from datetime import UTC, datetime

import pytest

from chassis.ids import new_id
from contracts.auth import PatientChanged
from synthesis.domain.entries import Entry, PlainEntry, Treatment
from synthesis.domain.partial_dates import PartialDate
from synthesis.domain.patient import Patient, patient_from
from synthesis.domain.profile import Profile, with_new
from synthesis.domain.sections import Section
from tests.synthesis.fakes import FakeStore

AT = datetime(2026, 6, 9, 8, 30, tzinfo=UTC)


def patient_changed(patient_id: str, revision: int = 1, given_name: str = "Inaya") -> PatientChanged:
    return PatientChanged(
        patient_id=patient_id,
        revision=revision,
        status="active",
        given_name=given_name,
        family_name="Michel",
        ins="288077505600121",
        mailbox_address="288077505600121@patient.mssante.fr",
        email=None,
        phone=None,
        changed_at=AT,
    )


def treatment(name: str = "Lévothyrox", **fields: object) -> Treatment:
    usual = {"id": new_id(), "revision": 1, "dose": "75 µg, le matin", "since": PartialDate(2019, 3)}
    return Treatment(name=name, **(usual | fields))  # type: ignore[arg-type]


def line(text: str) -> PlainEntry:
    return PlainEntry(id=new_id(), revision=1, text=text)


def profile_with(patient_id: str, entries: dict[Section, list[Entry]]) -> Profile:
    profile = Profile(patient_id=patient_id)
    for section, added in entries.items():
        for entry in added:
            profile = with_new(profile, section, entry, AT)
    return profile


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def inaya(store: FakeStore) -> Patient:
    """A patient whom synthesis knows."""
    patient = patient_from(patient_changed(new_id()))
    store.patients[patient.id] = patient
    return patient
