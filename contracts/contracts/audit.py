"""Who did what to whose data: one event for every `<service>.audit` topic."""

from typing import Annotated, Literal

from msgspec import Meta

from contracts.base import Code, Event, Id, Instant, PatientId, PeerAddress

Actor = Annotated[
    str,
    Meta(
        max_length=64,
        description="a patient id, or `operator`, `operator:<who>`, `sender` or `unknown`",
    ),
]
Reason = Annotated[str, Meta(max_length=200, description="why an operator looked: the reference of a request")]


class AccessRecorded(Event, tag="audit.access-recorded.v1", frozen=True, kw_only=True):
    """One access to a patient's data, or one attempt that was refused. Ids only, and an operator's reason."""

    audit_id: Id
    actor: Actor
    patient_id: PatientId | None
    action: Code
    object_kind: Code
    object_id: Annotated[str, Meta(max_length=64)] | None
    outcome: Literal["done", "refused"]
    peer: PeerAddress | None
    recorded_at: Instant
    reason: Reason | None = None
