"""What documents consumes: patients, attachments to keep, documents to hand over to a draft."""

from datetime import datetime

from msgspec import Struct

from chassis.bus import Handling, Origin, Subscription
from chassis.clock import Clock, now
from chassis.errors import NotYet
from chassis.formats import format_of
from chassis.objects import ClaimMismatch, ClaimRefused
from chassis.store import Tx
from chassis.telemetry import log
from contracts.auth import PatientChanged
from contracts.base import Claim
from contracts.documents import (
    AttachmentKeepRequested,
    DocumentHandedOver,
    HandoverRefused,
    HandoverRequested,
    HandoverRow,
    KeepRefused,
)
from contracts.messaging import DocumentsSent
from documents.domain.document import (
    Document,
    Refusal,
    Sending,
    as_added,
    document_id_for,
    kept,
    refusal_of_request,
    refusal_of_size,
)
from documents.domain.patient import Patient, patient_from
from documents.objects import DocumentObjects
from documents.store import DocumentsStore

NO_SUCH_DOCUMENT = "not-found"


class HandoverAnswer(Struct, frozen=True, kw_only=True):
    """What became of one row of a handover: a claim, or none. `foreign` when it is another patient's.

    `masked` as the document was when its bytes were handed over.
    """

    row: HandoverRow
    claim: Claim | None
    masked: bool = False
    foreign: bool = False


class DocumentsEvents:
    """The handlers of documents. Each may see an event any number of times, in any order."""

    def __init__(self, store: DocumentsStore, objects: DocumentObjects, clock: Clock = now) -> None:
        self._store = store
        self._objects = objects
        self._clock = clock

    def subscriptions(self) -> list[Subscription]:
        """The topics consumed, each event with its handler."""
        return [
            Subscription(topic="auth.patients", on=[Handling(PatientChanged, self.project_patient)], inbox=False),
            Subscription(topic="messaging.events", on=[Handling(DocumentsSent, self.sent)]),
            Subscription(
                topic="documents.commands",
                on=[
                    Handling(AttachmentKeepRequested, self.keep, prepare=self.take_attachment),
                    Handling(HandoverRequested, self.hand_over, prepare=self.copy_for_draft),
                ],
            ),
        ]

    async def sent(self, tx: Tx, event: DocumentsSent, prepared: None) -> None:
        """Remember to whom documents went. They may be gone, or not here yet: what was sent stays sent."""
        patient = await self._known(tx, event.patient_id)
        sending = Sending(message_id=event.message_id, recipients=event.recipients, sent_at=event.sent_at)
        await self._store.note_sendings(tx, patient.id, event.document_ids, sending)

    async def project_patient(self, tx: Tx, event: PatientChanged, prepared: None) -> None:
        """Know the patient in their latest state."""
        await self._store.save_patient(tx, patient_from(event))

    async def take_attachment(self, event: AttachmentKeepRequested, origin: Origin) -> Document | Refusal:
        """Copy the attachment's bytes to where the document keeps them, unless it may not be kept."""
        refusal = refusal_of_request(event)
        if refusal is not None:
            return refusal
        try:
            stored = await self._objects.take_attachment(
                event.claim, event.patient_id, document_id_for(event.request_id)
            )
        except (ClaimRefused, ClaimMismatch) as error:
            log.warning("claim.refused", code=error.code, patient_id=event.patient_id, request_id=event.request_id)
            return Refusal(error.code)
        form = format_of(await self._objects.head(stored.key))
        refusal = refusal_of_size(stored.size) or (Refusal.FORMAT if form is None else None)
        if refusal is not None or form is None:
            await self._objects.remove(stored.key)
            return refusal or Refusal.FORMAT
        return kept(event, form, stored.size, stored.sha256)

    async def keep(self, tx: Tx, event: AttachmentKeepRequested, prepared: Document | Refusal) -> None:
        """Put the document among the patient's, or tell why not."""
        patient = await self._known(tx, event.patient_id)
        if isinstance(prepared, Refusal):
            tx.publish(_refused(event, prepared, self._clock()), key=patient.id)
            return
        if await self._store.add(tx, prepared):
            _audit(tx, patient, "document-kept", prepared.id)
        tx.publish(as_added(prepared, event.request_id), key=patient.id)

    async def copy_for_draft(self, event: HandoverRequested, origin: Origin) -> tuple[HandoverAnswer, ...]:
        """Copy each of the patient's documents to where messaging may fetch it."""
        return tuple([await self._answer(event.patient_id, row) for row in event.rows])

    async def _answer(self, patient_id: str, row: HandoverRow) -> HandoverAnswer:
        document = await self._store.document(patient_id, row.document_id)
        if document is None:
            foreign = await self._store.is_anothers(patient_id, row.document_id)
            return HandoverAnswer(row=row, claim=None, foreign=foreign)
        claim = await self._objects.hand_over_document(document, row.row_id)
        return HandoverAnswer(row=row, claim=claim, masked=document.masked)

    async def hand_over(self, tx: Tx, event: HandoverRequested, prepared: tuple[HandoverAnswer, ...]) -> None:
        """Tell messaging, row by row, where the bytes wait or that there is no such document."""
        patient = await self._known(tx, event.patient_id)
        for answer in prepared:
            if answer.claim is not None:
                tx.publish(_handed_over(event, answer, answer.claim, self._clock()), key=patient.id)
                _audit(tx, patient, "document-handed-over", answer.row.document_id)
                continue
            tx.publish(_not_handed_over(event, answer.row, self._clock()), key=patient.id)
            if answer.foreign:
                _audit(tx, patient, "document-handed-over", answer.row.document_id, refused=True)

    async def _known(self, tx: Tx, patient_id: str) -> Patient:
        patient = await self._store.patient(patient_id, tx)
        if patient is None:
            raise NotYet(patient_id)
        return patient


def _refused(event: AttachmentKeepRequested, refusal: Refusal, at: datetime) -> KeepRefused:
    return KeepRefused(
        patient_id=event.patient_id,
        request_id=event.request_id,
        reason=refusal.value,
        refused_at=at,
    )


def _handed_over(
    event: HandoverRequested, answer: HandoverAnswer, claim: Claim, at: datetime
) -> DocumentHandedOver:
    return DocumentHandedOver(
        patient_id=event.patient_id,
        draft_id=event.draft_id,
        row_id=answer.row.row_id,
        document_id=answer.row.document_id,
        claim=claim,
        handed_over_at=at,
        masked=answer.masked,
    )


def _not_handed_over(event: HandoverRequested, row: HandoverRow, at: datetime) -> HandoverRefused:
    return HandoverRefused(
        patient_id=event.patient_id,
        draft_id=event.draft_id,
        row_id=row.row_id,
        reason=NO_SUCH_DOCUMENT,
        refused_at=at,
    )


def _audit(tx: Tx, patient: Patient, action: str, document_id: str, *, refused: bool = False) -> None:
    tx.audit(
        action=action,
        actor=patient.id,
        patient_id=patient.id,
        object_kind="document",
        object_id=document_id,
        outcome="refused" if refused else "done",
    )
