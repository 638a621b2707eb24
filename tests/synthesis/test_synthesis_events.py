"""Rendering for a draft, with fakes of synthesis' own interfaces and the real typesetter."""

import asyncio
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.ids import new_id
from contracts.synthesis import SynthesisFailed, SynthesisRendered, SynthesisRequested
from synthesis.domain.patient import Patient
from synthesis.domain.sections import Section
from synthesis.events import SynthesisEvents
from synthesis.pdf import Typesetter
from tests.synthesis.conftest import AT, line, patient_changed, profile_with, treatment
from tests.synthesis.fakes import FakeObjects, FakeStore, deliver


def handlers(store: FakeStore, objects: FakeObjects) -> SynthesisEvents:
    return SynthesisEvents(store, objects, Typesetter(1), "Mon espace santé", lambda: AT)


def request(patient_id: str) -> SynthesisRequested:
    return SynthesisRequested(patient_id=patient_id, draft_id=new_id(), row_id=new_id(), requested_at=AT)


async def test_the_pdf_of_the_profile_waits_for_messaging(store: FakeStore, inaya: Patient) -> None:
    store.profiles[inaya.id] = profile_with(inaya.id, {Section.TREATMENTS: [treatment()]})
    objects, asked = FakeObjects(), request(inaya.id)
    await deliver(store, handlers(store, objects), asked)
    [told] = store.published
    assert isinstance(told, SynthesisRendered)
    assert (told.draft_id, told.row_id) == (asked.draft_id, asked.row_id)
    assert told.claim.filename == "Profil médical_InayaMichel.pdf"
    assert told.claim.media_type == "application/pdf"
    assert objects.handed[told.claim.key].startswith(b"%PDF-")
    assert [record["action"] for record in store.audited] == ["synthesis-handed-over"]


async def test_an_empty_profile_is_told_as_such(store: FakeStore, inaya: Patient) -> None:
    objects = FakeObjects()
    await deliver(store, handlers(store, objects), request(inaya.id))
    [told] = store.published
    assert isinstance(told, SynthesisFailed)
    assert told.reason == "profile-empty"
    assert not objects.handed


async def test_asking_twice_for_one_revision_gives_one_claim(store: FakeStore, inaya: Patient) -> None:
    store.profiles[inaya.id] = profile_with(inaya.id, {Section.ALLERGIES: [line("Pollen")]})
    objects, asked = FakeObjects(), request(inaya.id)
    for _ in range(2):
        await deliver(store, handlers(store, objects), asked)
    first, second = store.published
    assert isinstance(first, SynthesisRendered)
    assert isinstance(second, SynthesisRendered)
    assert first.claim == second.claim
    assert len(objects.handed) == 1


async def test_a_request_for_a_patient_not_known_yet_waits(store: FakeStore) -> None:
    assert not await deliver(store, handlers(store, FakeObjects()), request(new_id()))
    assert not store.published


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_same_events_in_any_order_any_number_of_times_give_the_same_state(data: st.DataObject) -> None:
    first, second = new_id(), new_id()
    events: list[Any] = [
        patient_changed(first, 1),
        patient_changed(first, 2, given_name="Inaya Rose"),
        patient_changed(first, 3, given_name="Rose"),
        patient_changed(second),
        request(first),
        request(second),
    ]
    delivered = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=8))))
    assert asyncio.run(outcome_of(first, delivered)) == asyncio.run(outcome_of(first, events))


async def outcome_of(filled: str, events: list[Any]) -> Any:
    """The state after these events, and which rows were answered how."""
    store = FakeStore()
    store.profiles[filled] = profile_with(filled, {Section.ALLERGIES: [ALLERGY]})
    waiting = [each for each in events if not await deliver(store, handlers(store, FakeObjects()), each)]
    assert all([await deliver(store, handlers(store, FakeObjects()), each) for each in waiting])
    answered = {(type(told), told.row_id) for told in store.published}  # type: ignore[attr-defined]
    return store.state, answered


ALLERGY = line("Pollen")
