"""Whose page this is, and the section or entry they asked for."""

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency

from chassis import web
from chassis.errors import NotFound, NotYet
from chassis.identity import Identity
from synthesis.domain.patient import Patient
from synthesis.domain.sections import Section
from synthesis.pdf import Typesetter
from synthesis.store import SynthesisStore
from synthesis.usecases import record

PatientRequest = Request[Identity, None, State]
GivenStore = NamedDependency[SynthesisStore]
GivenTypesetter = NamedDependency[Typesetter]
GivenServiceName = NamedDependency[str]


async def known_patient(request: PatientRequest, store: SynthesisStore) -> Patient:
    """The patient of this session, their time zone in use. Raises `NotYet` before they are projected."""
    patient = await store.patient(request.user.patient_id)
    if patient is None:
        raise NotYet(request.user.patient_id)
    web.use_time_zone(patient.time_zone)
    return patient


def section_called(slug: str) -> Section:
    """The section of that address. Raises `NotFound`."""
    for section in Section:
        if section == slug:
            return section
    raise NotFound("no such section")


async def refuse_anothers(request: PatientRequest, store: SynthesisStore, entry_id: str) -> None:
    """Answer as for nothing at all when this is an entry of somebody else, and record the attempt."""
    if await store.is_anothers(request.user.patient_id, entry_id):
        await record(store, request.user, "entry-viewed", "profile-entry", entry_id, refused=True)
        raise NotFound(f"no entry {entry_id} for this patient")
