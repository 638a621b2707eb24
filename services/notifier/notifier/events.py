"""What the notifier consumes: patients, codes to send, letters to announce. One handler an event."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from prometheus_client import Counter

from chassis.bus import Handling, Origin, Ready, Subscription
from chassis.clock import Clock, now
from chassis.errors import NotYet
from chassis.store import Tx
from chassis.telemetry import log
from contracts.auth import CodeIssued, PatientChanged, SealedCode
from contracts.messaging import MessageRead, MessageReceived, NoticeReturned, ReplyStateChanged
from notifier.domain.notices import Kind, kept_until, message_id, notice_id, pointless_after
from notifier.domain.patient import Patient, patient_from
from notifier.domain.planning import Gathered, plan_for_letter
from notifier.domain.queueing import Announcement, Fixed, Joined
from notifier.domain.returns import failure_of, is_proven
from notifier.domain.views import view_hash, view_token
from notifier.keys import KeyRing, SigningKeys

TOLD_STATES = ("failed", "given-up")
BY_THE_PATIENT = "given-up"
"""The reason of a reply that the patient gave up: they know."""

RETURNS = Counter("pli_notice_returns_total", "reports on notices, by what became of them", ["outcome"])


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
        """Have letters announced, each once, with the digests and reminders that tell of them."""
        ...

    async def note_read(self, tx: Tx, message_id: str, at: datetime, kept_until: datetime) -> None:
        """A letter was read, whether it was announced yet or not."""
        ...

    async def queue_reply(self, tx: Tx, fixed: Fixed, patient_id: str) -> None:
        """Have it told that a reply could not be delivered, once."""
        ...

    async def take_back(self, tx: Tx, notice_id: str, at: datetime) -> tuple[Kind, str] | None:
        """A notice that was e-mailed did not arrive: it is due again, by SMS alone.

        Its kind and patient, None when there is no such notice, it did not leave by e-mail, or it was taken back
        already. Raises `NoticeUnderWay` while it is being sent.
        """
        ...


class NotifierEvents:
    """The handlers. Each may see an event any number of times, in any order.

    They only queue: whether, how and where a notice leaves is decided when it is sent, from what is known
    of the patient then.
    """

    def __init__(
        self,
        store: Notices,
        keys: KeyRing,
        signing_keys: SigningKeys,
        *,
        domain: str,
        clock: Clock = now,
    ) -> None:
        self._store = store
        self._keys = keys
        self._signing_keys = signing_keys
        self._domain = domain
        self._clock = clock

    def subscriptions(self) -> list[Subscription]:
        """The topics consumed, each event with its handler."""
        mailboxes = [
            Handling(MessageReceived, together=self.queue_letters),
            Handling(MessageRead, self.note_read),
            Handling(ReplyStateChanged, self.queue_reply),
            Handling(NoticeReturned, self.take_back),
        ]
        return [
            Subscription(topic="auth.patients", on=[Handling(PatientChanged, self.project_patient)], inbox=False),
            Subscription(topic="auth.codes", on=[Handling(CodeIssued, self.queue_code, prepare=self.check_code)]),
            Subscription(topic="messaging.events", on=mailboxes),
        ]

    async def project_patient(self, tx: Tx, event: PatientChanged, prepared: None) -> None:
        """Know the patient in their latest state."""
        await self._store.save_patient(tx, patient_from(event))

    async def check_code(self, event: CodeIssued, origin: Origin) -> Fixed:
        """Refuse what auth did not sign or we cannot open; keep nothing of what the box holds but its end."""
        sealed: SealedCode = self._keys.open_issued(event, self._signing_keys)
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
        announcements = [self._announcement(one, known[one.event.patient_id]) for one in ready]
        await self._store.queue_letters(tx, announcements)

    def _announcement(self, ready: Ready, patient: Patient) -> Announcement:
        event: MessageReceived = ready.event
        plan = plan_for_letter(patient, event.received_at, self._clock())
        fixed = self._fixed(Kind.LETTER, event.message_id, pointless_after(event.received_at))
        return Announcement(
            fixed=fixed,
            received=event,
            view_hash=self._view_hash(fixed.id),
            state=plan.state,
            digest=self._gathering(plan.digest),
            reminder=self._gathering(plan.reminder),
            traceparent=ready.traceparent,
        )

    def _gathering(self, gathered: Gathered | None) -> Joined | None:
        if gathered is None:
            return None
        fixed = self._fixed(gathered.kind, gathered.id, pointless_after(gathered.due_at), gathered.due_at)
        return Joined(gathered.kind, fixed, gathered.due_at, self._view_hash(fixed.id))

    def _view_hash(self, notice_id: str) -> str:
        return view_hash(view_token(self._keys.view_keys[0], notice_id))

    async def note_read(self, tx: Tx, event: MessageRead, prepared: None) -> None:
        """A letter that was read is neither gathered nor reminded of."""
        await self._store.note_read(tx, event.message_id, event.read_at, kept_until(Kind.LETTER, event.read_at))

    async def queue_reply(self, tx: Tx, event: ReplyStateChanged, prepared: None) -> None:
        """Tell of a reply that was not delivered, at most once a day for one message. Raises `NotYet`."""
        if event.state not in TOLD_STATES or event.reason == BY_THE_PATIENT:
            return
        if await self._store.patient(event.patient_id, tx) is None:
            raise NotYet(event.patient_id)
        told = notice_id(Kind.REPLY, event.message_id, event.changed_at.date().isoformat())
        fixed = self._fixed(Kind.REPLY, told, pointless_after(event.changed_at))
        await self._store.queue_reply(tx, fixed, event.patient_id)

    async def take_back(self, tx: Tx, event: NoticeReturned, prepared: None) -> None:
        """A notice came back: it goes by SMS, and auth learns what is wrong with the address.

        Anybody can report, so only what came to an address of ours is heard, and only of a notice that was mailed.
        """
        if not is_proven(self._keys.return_keys, event.notice_id, event.proof):
            _count_return(event, "unproven")
            return
        at = self._clock()
        found = await self._store.take_back(tx, event.notice_id, at)
        _count_return(event, "taken" if found else "not-mailed")
        if found is None:
            return
        kind, patient_id = found
        failed = failure_of(event, kind, patient_id, at)
        tx.publish(failed, key=patient_id)

    def _fixed(self, kind: Kind, source_id: str, pointless: datetime, written_at: datetime | None = None) -> Fixed:
        at = written_at or self._clock()
        return Fixed(
            id=source_id,
            message_id=message_id(kind, source_id, self._domain),
            queued_at=at,
            pointless_after=pointless,
            kept_until=kept_until(kind, at),
        )


def _count_return(event: NoticeReturned, outcome: str) -> None:
    RETURNS.labels(outcome).inc()
    log.info("notice.returned", notice_id=event.notice_id, status=event.status, outcome=outcome)
