"""What messaging consumes, one handler an event. Each is commutative and idempotent."""

from collections.abc import Sequence

from msgspec.structs import replace

from chassis.bus import Handling, Origin, Subscription
from chassis.errors import NotFound
from chassis.objects import Objects, StoredObject
from chassis.store import Tx
from contracts.auth import PatientChanged
from contracts.documents import DocumentAdded, DocumentHandedOver, HandoverRefused, KeepRefused
from contracts.messaging import LetterTaken, MailboxOpened, NoticeReturnTaken
from contracts.synthesis import SynthesisFailed, SynthesisRendered
from messaging.attaching import if_it_fits
from messaging.domain.identifiers import instant_of
from messaging.domain.letter import Service
from messaging.domain.model import DraftRow, Keep, KeepState, Mailbox, Patient, RowState
from messaging.domain.threads import begin
from messaging.domain.welcome import welcome_message
from messaging.filing import Filing
from messaging.objects import row_key
from messaging.returns import Returns
from messaging.store import MessagingStore

HandedOver = DocumentHandedOver | SynthesisRendered
Refused = HandoverRefused | SynthesisFailed


def subscriptions(store: MessagingStore, objects: Objects, service: Service) -> Sequence[Subscription]:
    """All that the worker consumes."""
    patients = Patients(store, service.name)
    filing = Filing(store, objects, service)
    returns = Returns(objects)
    files = DraftFiles(store, objects)
    keeps = Keeps(store)
    return (
        Subscription(topic="auth.patients", on=[Handling(PatientChanged, patients.changed)], inbox=False),
        Subscription(
            topic="messaging.intake",
            on=[
                Handling(LetterTaken, prepare=filing.prepare, together=filing.file),
                Handling(NoticeReturnTaken, returns.apply, returns.prepare),
            ],
        ),
        Subscription(
            topic="documents.events",
            on=[
                Handling(DocumentHandedOver, files.arrived, files.fetch),
                Handling(HandoverRefused, files.refused),
                Handling(DocumentAdded, keeps.added),
                Handling(KeepRefused, keeps.refused),
            ],
        ),
        Subscription(
            topic="synthesis.events",
            on=[
                Handling(SynthesisRendered, files.arrived, files.fetch),
                Handling(SynthesisFailed, files.refused),
            ],
        ),
    )


class Patients:
    """Keeps this service's copy of auth's patients; the first state of one opens the mailbox."""

    def __init__(self, store: MessagingStore, service_name: str) -> None:
        self._store = store
        self._service_name = service_name

    async def changed(self, tx: Tx, event: PatientChanged, prepared: None) -> None:
        """Project the highest revision, whatever the order."""
        known = await self._store.known_patient(event.patient_id, tx)
        if known is not None and known.revision >= event.revision:
            return
        patient = _patient(event)
        await self._store.save_patient(tx, patient)
        if known is None:
            await self._open_mailbox(tx, patient)

    async def _open_mailbox(self, tx: Tx, patient: Patient) -> None:
        at = instant_of(patient.id)
        welcome = welcome_message(patient, self._service_name, at)
        await self._store.open_mailbox(tx, Mailbox(id=patient.id, opened_at=at, unread=1, conversations=1))
        await self._store.add_message(tx, welcome)
        await self._store.save_conversation(tx, begin(welcome))
        tx.publish(MailboxOpened(patient_id=patient.id, opened_at=at), key=patient.id)


def _patient(event: PatientChanged) -> Patient:
    return Patient(
        id=event.patient_id,
        revision=event.revision,
        status=event.status,
        given_name=event.given_name,
        family_name=event.family_name,
        ins=event.ins,
        mailbox_address=event.mailbox_address.lower(),
        time_zone=event.time_zone,
        language=event.language,
    )


class DraftFiles:
    """Files that other services hand over to drafts. An answer for a row that is gone is dropped.

    A file that arrived wins over a refusal, whichever came first: after "Réessayer" both may be under way.
    """

    def __init__(self, store: MessagingStore, objects: Objects) -> None:
        self._store = store
        self._objects = objects

    async def fetch(self, event: HandedOver, origin: Origin) -> StoredObject | None:
        """Take the bytes into our bucket, if the row has none yet."""
        row = await self._row(event)
        if row is None or row.state is RowState.READY:
            return None
        producer = origin.topic.partition(".")[0]
        target = row_key(row.patient_id, row.draft_id, row.id, origin.event_id)
        return await self._objects.take(
            event.claim, producer=producer, patient_id=event.patient_id, target_key=target
        )

    async def arrived(self, tx: Tx, event: HandedOver, stored: StoredObject | None) -> None:
        """The row is ready, or refused if the draft would become too large."""
        row = await self._row(event, tx)
        if row is None and stored is not None:
            await self._store.discard(tx, [stored.key])
        if row is None or row.state is RowState.READY or stored is None:
            return
        claim = event.claim
        ready = replace(
            row,
            state=RowState.READY,
            reason=None,
            filename=claim.filename,
            media_type=claim.media_type,
            size=stored.size,
            sha256=stored.sha256,
            object_key=stored.key,
            masked=isinstance(event, DocumentHandedOver) and event.masked,
        )
        await self._store.save_draft_row(tx, await if_it_fits(self._store, tx, ready))

    async def refused(self, tx: Tx, event: Refused, prepared: None) -> None:
        """The row is refused, with its reason."""
        row = await self._row(event, tx)
        if row is not None and row.state is RowState.PENDING:
            await self._store.save_draft_row(tx, replace(row, state=RowState.REFUSED, reason=event.reason))

    async def _row(self, event: HandedOver | Refused, tx: Tx | None = None) -> DraftRow | None:
        try:
            return await self._store.draft_row(event.patient_id, event.draft_id, event.row_id, tx)
        except NotFound:
            return None


class Keeps:
    """What became of attachments that the patient wanted among their documents."""

    def __init__(self, store: MessagingStore) -> None:
        self._store = store

    async def added(self, tx: Tx, event: DocumentAdded, prepared: None) -> None:
        """The attachment is a document now."""
        keep = await self._asked(tx, event.patient_id, event.request_id)
        if keep is not None:
            added = replace(keep, state=KeepState.ADDED, document_id=event.document_id, reason=None)
            await self._store.save_keep(tx, added)

    async def refused(self, tx: Tx, event: KeepRefused, prepared: None) -> None:
        """It could not become one; a refusal never undoes an addition."""
        keep = await self._asked(tx, event.patient_id, event.request_id)
        if keep is not None and keep.state is KeepState.PENDING:
            await self._store.save_keep(tx, replace(keep, state=KeepState.REFUSED, reason=event.reason))

    async def _asked(self, tx: Tx, patient_id: str, request_id: str | None) -> Keep | None:
        if request_id is None:
            return None
        try:
            return await self._store.keep(patient_id, request_id, tx)
        except NotFound:
            return None
