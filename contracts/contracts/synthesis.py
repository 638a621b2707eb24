"""What synthesis is asked (`synthesis.commands`) and tells (`synthesis.events`)."""

from contracts.base import Claim, Code, DraftId, Event, Instant, PatientId, RowId


class SynthesisRequested(Event, tag="synthesis.synthesis-requested.v1", frozen=True, kw_only=True):
    """The patient attached their medical profile to a draft; its PDF is to be made for that row."""

    patient_id: PatientId
    draft_id: DraftId
    row_id: RowId
    requested_at: Instant


class SynthesisRendered(Event, tag="synthesis.synthesis-rendered.v1", frozen=True, kw_only=True):
    """The PDF of the medical profile waits for messaging under the claim."""

    patient_id: PatientId
    draft_id: DraftId
    row_id: RowId
    claim: Claim
    rendered_at: Instant


class SynthesisFailed(Event, tag="synthesis.synthesis-failed.v1", frozen=True, kw_only=True):
    """No PDF was made for that row, and why (`profile-empty` when nothing is filled in)."""

    patient_id: PatientId
    draft_id: DraftId
    row_id: RowId
    reason: Code
    failed_at: Instant
