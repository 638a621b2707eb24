"""What the notifier consumes: patients, codes to send, letters to announce. One handler an event."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from chassis.bus import Handling, Origin, Ready, Subscription
from chassis.clock import Clock, now
from chassis.errors import NotYet
from chassis.store import Tx
from contracts.auth import CodeIssued, PatientChanged, SealedCode
from contracts.messaging import MessageReceived
from notifier.domain.notices import Kind, kept_until, letter_pointless_after, message_id
from notifier.domain.patient import Patient, patient_from
from notifier.domain.views import view_hash, view_token
from notifier.keys import SealingKey, SigningKeys
from notifier.store import Announcement, Fixed


class Notices(Protocol):
    """What the handlers ask of the store."""

    async def patient(self, patient_id: str, tx: Tx | None = None) -> Patient | None:
        """The patient as projected here."""
        ...

    async def save_patient(self, tx: Tx, patient: Patient) -> None:
        """Keep the patient's latest state."""
        ...

    async def queue_code(self, tx: Tx, fixed: Fixed, issued: CodeIssued) -> None:
        """Have a code sent, once."""
        ...

    async def patients_among(self, ids: Collection[str], tx: Tx | None = None) -> Mapping[str, Patient]:
        """Those of these patients who are projected here, by id."""
        ...

    async def queue_letters(self, tx: Tx, announcements: Sequence[Announcement]) -> None:
        """Have letters announced, each once."""
        ...


class NotifierEvents:
    """The handlers. Each may see an event any number of times, in any order.

    They only queue: whether, how and where a notice leaves is decided when it is sent, from what is known
    of the patient then.
    """

    def __init__(
        self,
        store: Notices,
        sealing_key: SealingKey,
        signing_keys: SigningKeys,
        *,
        view_key: bytes,
        domain: str,
        clock: Clock = now,
    ) -> None:
        self._store = store
        self._sealing_key = sealing_key
        self._signing_keys = signing_keys
        self._view_key = view_key
        self._domain = domain
        self._clock = clock

    def subscriptions(self) -> list[Subscription]:
        """The topics consumed, each event with its handler."""
        return [
            Subscription(topic="auth.patients", on=[Handling(PatientChanged, self.project_patient)], inbox=False),
            Subscription(topic="auth.codes", on=[Handling(CodeIssued, self.queue_code, prepare=self.check_code)]),
            Subscription(topic="messaging.events", on=[Handling(MessageReceived, together=self.queue_letters)]),
        ]

    async def project_patient(self, tx: Tx, event: PatientChanged, prepared: None) -> None:
        """Know the patient in their latest state."""
        await self._store.save_patient(tx, patient_from(event))

    async def check_code(self, event: CodeIssued, origin: Origin) -> Fixed:
        """Refuse what auth did not sign or we cannot open; keep nothing of what the box holds but its end."""
        sealed: SealedCode = self._sealing_key.open_issued(event, self._signing_keys)
        return self._fixed(Kind.CODE, origin.event_id, sealed.expires_at)

    async def queue_code(self, tx: Tx, event: CodeIssued, prepared: Fixed) -> None:
        """Have the code sent."""
        await self._store.queue_code(tx, prepared, event)

    async def queue_letters(self, tx: Tx, ready: Sequence[Ready]) -> None:
        """Have letters announced. Raises `NotYet` for a patient who is not projected yet."""
        known = await self._store.patients_among({one.event.patient_id for one in ready}, tx)
        for one in ready:
            if one.event.patient_id not in known:
                raise NotYet(one.event.patient_id)
        await self._store.queue_letters(tx, [self._announcement(one) for one in ready])

    def _announcement(self, ready: Ready) -> Announcement:
        event: MessageReceived = ready.event
        fixed = self._fixed(Kind.LETTER, event.message_id, letter_pointless_after(event.received_at))
        token = view_token(self._view_key, fixed.id)
        return Announcement(fixed, event, view_hash(token), ready.traceparent)

    def _fixed(self, kind: Kind, source_id: str, pointless_after: datetime) -> Fixed:
        at = self._clock()
        return Fixed(
            id=source_id,
            message_id=message_id(kind, source_id, self._domain),
            queued_at=at,
            pointless_after=pointless_after,
            kept_until=kept_until(kind, at),
        )
