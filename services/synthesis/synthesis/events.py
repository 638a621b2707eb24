"""What synthesis consumes: patients, and requests for the PDF of a profile."""

from chassis.bus import Handling, Origin, Subscription
from chassis.clock import Clock, now
from chassis.errors import NotYet
from chassis.store import Tx
from contracts.auth import PatientChanged
from contracts.base import Claim
from contracts.synthesis import SynthesisFailed, SynthesisRendered, SynthesisRequested
from synthesis.domain.patient import patient_from
from synthesis.domain.profile import ProfileEmpty
from synthesis.objects import SynthesisObjects
from synthesis.pdf import Typesetter
from synthesis.rendering import render
from synthesis.store import SynthesisStore


class SynthesisEvents:
    """The handlers of synthesis. Each may see an event any number of times, in any order."""

    def __init__(
        self,
        store: SynthesisStore,
        objects: SynthesisObjects,
        typesetter: Typesetter,
        service: str,
        clock: Clock = now,
    ) -> None:
        self._store = store
        self._objects = objects
        self._typesetter = typesetter
        self._service = service
        self._clock = clock

    def subscriptions(self) -> list[Subscription]:
        """The topics consumed, each event with its handler."""
        return [
            Subscription(topic="auth.patients", on=[Handling(PatientChanged, self.project_patient)], inbox=False),
            Subscription(
                topic="synthesis.commands",
                on=[Handling(SynthesisRequested, self.answer, prepare=self.render_for_draft)],
            ),
        ]

    async def project_patient(self, tx: Tx, event: PatientChanged, prepared: None) -> None:
        """Know the patient in their latest state."""
        await self._store.save_patient(tx, patient_from(event))

    async def render_for_draft(self, event: SynthesisRequested, origin: Origin) -> Claim | None:
        """The claim for the PDF of the profile as it is now, or None when there is nothing in it.

        Raises `NotYet` for a patient who isn't projected.
        """
        patient = await self._store.patient(event.patient_id)
        if patient is None:
            raise NotYet(event.patient_id)
        profile = await self._store.profile(event.patient_id)
        try:
            synthesis = await render(self._typesetter, profile, patient, self._service)
        except ProfileEmpty:
            return None
        return await self._objects.hand_over_pdf(
            synthesis.pdf,
            patient_id=patient.id,
            row_id=event.row_id,
            revision=profile.revision,
            filename=synthesis.filename,
        )

    async def answer(self, tx: Tx, event: SynthesisRequested, prepared: Claim | None) -> None:
        """Tell messaging where the PDF waits, or that the profile is empty."""
        if prepared is None:
            tx.publish(_failed(event, ProfileEmpty.code, self._clock), key=event.patient_id)
            return
        tx.publish(_rendered(event, prepared, self._clock), key=event.patient_id)
        tx.audit(
            action="synthesis-handed-over",
            actor=event.patient_id,
            patient_id=event.patient_id,
            object_kind="profile",
            object_id=event.patient_id,
        )


def _rendered(event: SynthesisRequested, claim: Claim, clock: Clock) -> SynthesisRendered:
    return SynthesisRendered(
        patient_id=event.patient_id,
        draft_id=event.draft_id,
        row_id=event.row_id,
        claim=claim,
        rendered_at=clock(),
    )


def _failed(event: SynthesisRequested, reason: str, clock: Clock) -> SynthesisFailed:
    return SynthesisFailed(
        patient_id=event.patient_id,
        draft_id=event.draft_id,
        row_id=event.row_id,
        reason=reason,
        failed_at=clock(),
    )
