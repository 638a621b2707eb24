"""The notifier's own interfaces, in memory, and people and codes to try them with."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from chassis.bus import Handling, Origin, Ready
from chassis.effects import new_row
from chassis.errors import NotYet
from chassis.identity import sealing
from chassis.identity.tokens import verifying_key
from chassis.ids import new_id
from chassis.store import Row
from contracts.auth import CodeIssued, PatientChanged, SealedCode
from contracts.base import Event
from contracts.messaging import MessageReceived
from notifier.domain.notices import Kind, pointless_after
from notifier.domain.patient import Patient
from notifier.domain.queueing import Announcement, Fixed
from notifier.domain.returns import may_come_back
from notifier.errors import NoticeUnderWay
from notifier.events import NotifierEvents
from notifier.keys import KeyRing, SealingKey
from notifier.mail import Mail
from notifier.rendering import Renderer
from notifier.sms import Sms

AT = datetime(2026, 6, 9, 12, 30, tzinfo=UTC)
SECRET = bytes(range(32))
KEYS = KeyRing(SECRET)
SEALING_KEY = KEYS.current
(VIEW_KEY,) = KEYS.view_keys
(RETURN_KEY,) = KEYS.return_keys
AUTH_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
AUTH_KEY_ID = "auth-key-1"
DOMAIN = "notices.example"
RENDERER = Renderer(
    service_name="Mon espace santé",
    public_origin="http://localhost:8080",
    public_host="localhost",
    data_controllers="l'Assurance Maladie et le Ministère des Solidarités et de la Santé",
)


class FakeStore:
    """Patients and notices in two dictionaries. A transaction is nothing here."""

    def __init__(self) -> None:
        self.patients: dict[str, Patient] = {}
        self.notices: dict[str, Row] = {}
        self.read: dict[str, datetime] = {}
        self.looks = 0

    async def patient(self, patient_id: str, tx: Any = None) -> Patient | None:
        return self.patients.get(patient_id)

    async def save_patient(self, tx: Any, patient: Patient) -> None:
        known = self.patients.get(patient.id)
        if known is None or known.revision < patient.revision:
            self.patients[patient.id] = patient

    async def queue_code(self, tx: Any, fixed: Fixed, issued: CodeIssued) -> None:
        self._queue(Kind.CODE, fixed, box=issued.box)

    async def patients_among(self, ids: Collection[str], tx: Any = None) -> dict[str, Patient]:
        return {key: one for key in ids if (one := await self.patient(key, tx)) is not None}

    async def queue_letters(self, tx: Any, announcements: Sequence[Announcement]) -> None:
        for one in announcements:
            self._queue(
                Kind.LETTER,
                one.fixed,
                state=one.state,
                patient_id=one.received.patient_id,
                view_hash=one.view_hash,
                read_at=self.read.get(one.fixed.id),
                told_in=[each.fixed.id for each in one.joins],
            )
            for each in one.joins:
                due = {"due_at": each.due_at, "patient_id": one.received.patient_id, "view_hash": each.view_hash}
                self._queue(each.kind, each.fixed, **due)

    async def note_read(self, tx: Any, message_id: str, at: datetime, kept_until: datetime) -> None:
        self.read[message_id] = at
        if message_id in self.notices:
            self.notices[message_id]["read_at"] = at

    async def unread(self, notice_id: str) -> int:
        letters = self.notices.values()
        told = [row for row in letters if notice_id in row.get("told_in", ())]
        return sum(row["read_at"] is None for row in told)

    async def queue_reply(self, tx: Any, fixed: Fixed, patient_id: str) -> None:
        self._queue(Kind.REPLY, fixed, patient_id=patient_id)

    async def take_back(self, tx: Any, notice_id: str, at: datetime) -> tuple[Kind, str] | None:
        row = self.notices.get(notice_id)
        if row is None or not row.get("patient_id") or row.get("returned_at"):
            return None
        if row["state"] == "sending":
            raise NoticeUnderWay(notice_id)
        if not may_come_back(row["state"], row.get("channel")):
            return None
        row |= {"state": "queued", "by": "sms", "returned_at": at, "pointless_after": pointless_after(at)}
        return Kind(row["kind"]), row["patient_id"]

    def _queue(self, kind: Kind, fixed: Fixed, **fields: Any) -> None:
        row = new_row(fixed.id, fixed.queued_at, kind=kind.value) | {
            "message_id": fixed.message_id,
            "queued_at": fixed.queued_at,
            "pointless_after": fixed.pointless_after,
            "kept_until": fixed.kept_until,
            **fields,
        }
        self.notices.setdefault(fixed.id, row)

    async def viewable_notice(self, view_hash: str) -> Row | None:
        self.looks += 1
        found = (row for row in self.notices.values() if row.get("view_hash") == view_hash)
        return next(found, None)


class FakeTx:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.published: list[Event] = []

    def publish(self, event: Event, key: str) -> None:
        self.published.append(event)


class FakeKeys:
    """auth's keys as the guard knows them."""

    def __init__(self, *, loaded: bool = True, known: bool = True) -> None:
        self.keys_loaded = loaded
        self._known = known

    def signing_key(self, key_id: str) -> OKPKey | None:
        if not self._known or key_id != AUTH_KEY_ID:
            return None
        return verifying_key(AUTH_KEY.public_key().public_bytes_raw())


class FakeMailer:
    """Takes e-mails, or fails with the errors it was given, one a call."""

    def __init__(self, errors: Sequence[Exception] = ()) -> None:
        self.sent: list[Mail] = []
        self._errors = list(errors)

    async def send(self, mail: Mail) -> None:
        if self._errors:
            raise self._errors.pop(0)
        self.sent.append(mail)


class FakeSms:
    """Takes texts."""

    def __init__(self) -> None:
        self.sent: list[Sms] = []

    async def send(self, sms: Sms) -> None:
        self.sent.append(sms)


def events_over(
    store: FakeStore,
    keys: FakeKeys | None = None,
    clock: Callable[[], datetime] = lambda: AT,
    ours: KeyRing = KEYS,
) -> dict[type[Event], Handling]:
    """The handlers over a fake store, by the event they take."""
    events = NotifierEvents(store, ours, keys or FakeKeys(), domain=DOMAIN, clock=clock)
    return {one.event: one for subscription in events.subscriptions() for one in subscription.on}


async def deliver(
    handlings: dict[type[Event], Handling], event: Event, event_id: str, tx: FakeTx | None = None
) -> bool:
    """One event, as the bus gives it; False if its patient is not known yet."""
    handling = handlings[type(event)]
    origin = Origin(topic="t", partition=0, offset=0, key="k", event_id=event_id, at=AT)
    prepared = await handling.prepare(event, origin) if handling.prepare else None
    try:
        await handling.perform(tx or FakeTx(), [Ready(event=event, prepared=prepared)])
    except NotYet:
        return False
    return True


def patient_changed(patient_id: str, revision: int = 1, **fields: Any) -> PatientChanged:
    """Inaya, as auth tells of her."""
    usual: dict[str, Any] = {
        "status": "active",
        "given_name": "Inaya",
        "family_name": "Michel",
        "ins": "288077505600121",
        "mailbox_address": "288077505600121@patient.mssante.fr",
        "email": "inaya@yahoo.example",
        "phone": "+33600000015",
        "changed_at": AT,
    }
    return PatientChanged(patient_id=patient_id, revision=revision, **(usual | fields))


def message_received(patient_id: str, received_at: datetime = AT) -> MessageReceived:
    """A letter for the patient."""
    return MessageReceived(
        patient_id=patient_id,
        conversation_id=new_id(),
        message_id=new_id(),
        attachments=1,
        received_at=received_at,
    )


def code_issued(channel: Any = "email", **fields: Any) -> CodeIssued:
    """A code that auth sealed to us and signed."""
    usual: dict[str, Any] = {
        "challenge_id": new_id(),
        "code": "034567",
        "channel": channel,
        "destination": "inaya@yahoo.example" if channel == "email" else "+33600000015",
        "expires_at": AT + timedelta(minutes=10),
    }
    return sealed_and_signed(SealedCode(**(usual | fields)))


def sealed_and_signed(code: SealedCode, to: SealingKey = SEALING_KEY) -> CodeIssued:
    """A code as it travels."""
    box = sealing.seal(code, to.public_key)
    return CodeIssued(
        challenge_id=code.challenge_id,
        box=box,
        sealing_key_id=to.key_id,
        signature=sealing.sign(code.challenge_id, box, AUTH_KEY),
        signing_key_id=AUTH_KEY_ID,
        expires_at=code.expires_at,
    )
