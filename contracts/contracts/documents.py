"""What documents is asked (`documents.commands`) and tells (`documents.events`)."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from contracts.base import (
    AttachmentId,
    Claim,
    Code,
    DocumentId,
    DraftId,
    Event,
    Instant,
    MessageId,
    PatientId,
    PersonName,
    RequestId,
    RowId,
    Title,
)

TYPE_CODES: tuple[str, ...] = (
    "health-summary",
    "prescriptions-care",
    "imaging",
    "laboratory",
    "reports",
    "prevention-screening",
    "certificates",
    "administrative",
    "other",
)
"""The types of document a patient chooses from, in the order they are offered; `type_code` is one of them."""


class AttachmentKeepRequested(Event, tag="documents.attachment-keep-requested.v1", frozen=True, kw_only=True):
    """The patient wants a received attachment among their documents.

    `sent_at` is when its sender sent it, `also_to` the professionals who received it beside the patient.
    """

    patient_id: PatientId
    request_id: RequestId
    message_id: MessageId
    attachment_id: AttachmentId
    claim: Claim
    title: Title
    dated: date
    type_code: Code
    masked: bool
    sent_by: PersonName
    sent_at: Instant | None = None
    also_to: Annotated[tuple[PersonName, ...], Meta(max_length=100)] = ()
    requested_at: Instant


class HandoverRow(Struct, frozen=True, kw_only=True):
    """One document wanted for one row of a draft."""

    row_id: RowId
    document_id: DocumentId


class HandoverRequested(Event, tag="documents.handover-requested.v1", frozen=True, kw_only=True):
    """The patient attached documents to a draft; their bytes are to be handed over to messaging."""

    patient_id: PatientId
    draft_id: DraftId
    rows: Annotated[tuple[HandoverRow, ...], Meta(min_length=1, max_length=50)]
    requested_at: Instant


class DocumentAdded(Event, tag="documents.document-added.v1", frozen=True, kw_only=True):
    """A document is among the patient's documents. `request_id` names the keep that asked for it, if one did."""

    patient_id: PatientId
    document_id: DocumentId
    request_id: RequestId | None
    added_at: Instant


class KeepRefused(Event, tag="documents.keep-refused.v1", frozen=True, kw_only=True):
    """An attachment could not become a document, and why."""

    patient_id: PatientId
    request_id: RequestId
    reason: Code
    refused_at: Instant


class DocumentHandedOver(Event, tag="documents.document-handed-over.v1", frozen=True, kw_only=True):
    """The bytes of a document wait for messaging under the claim.

    `masked` when the patient hides it from professionals: sending it asks for confirmation.
    """

    patient_id: PatientId
    draft_id: DraftId
    row_id: RowId
    document_id: DocumentId
    claim: Claim
    handed_over_at: Instant
    masked: bool = False


class HandoverRefused(Event, tag="documents.handover-refused.v1", frozen=True, kw_only=True):
    """A document could not be handed over to a draft row, and why."""

    patient_id: PatientId
    draft_id: DraftId
    row_id: RowId
    reason: Code
    refused_at: Instant
