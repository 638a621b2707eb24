"""Whose page this is, and the one document they asked for."""

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency

from chassis import web
from chassis.errors import NotFound, NotYet
from chassis.identity import Identity
from chassis.previews.previewer import Previewer
from chassis.store import Tx
from documents.domain.document import Document
from documents.domain.patient import Patient
from documents.objects import DocumentObjects
from documents.store import DocumentsStore

PatientRequest = Request[Identity, None, State]
GivenStore = NamedDependency[DocumentsStore]
GivenObjects = NamedDependency[DocumentObjects]
GivenPreviewer = NamedDependency[Previewer]


async def known_patient(request: PatientRequest, store: DocumentsStore) -> Patient:
    """The patient of this session, their time zone in use. Raises `NotYet` before they are projected."""
    patient = await store.patient(request.user.patient_id)
    if patient is None:
        raise NotYet(request.user.patient_id)
    web.use_time_zone(patient.time_zone)
    return patient


async def own_document(request: PatientRequest, store: DocumentsStore, document_id: str) -> Document:
    """That document, if it is this patient's. Raises `NotFound`; asking for another's is recorded."""
    patient_id = request.user.patient_id
    document = await store.document(patient_id, document_id)
    if document is not None:
        return document
    if await store.is_anothers(patient_id, document_id):
        await record(request, store, "document-viewed", document_id, refused=True)
    raise NotFound(f"no document {document_id} for this patient")


async def record(
    request: PatientRequest, store: DocumentsStore, action: str, document_id: str, *, refused: bool = False
) -> None:
    """Record in the audit who did this to which document."""

    async def work(tx: Tx) -> None:
        tx.audit(
            action=action,
            actor=request.user.actor,
            patient_id=request.user.patient_id,
            object_kind="document",
            object_id=document_id,
            outcome="refused" if refused else "done",
        )

    await store.transact(work)
