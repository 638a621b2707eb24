"""A letter taken at the door becomes a message in a mailbox: objects and parsing first, then one transaction."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from chassis.bus import Origin, Ready
from chassis.errors import NotFound, NotYet
from chassis.store import Tx
from chassis.store.gathering import Gathering
from chassis.telemetry import current_traceparent, log
from chassis.threads import BoundedPool
from contracts.messaging import ExchangeEnded, LetterTaken, MessageReceived
from messaging.domain import exchanges
from messaging.domain.consignment import returned
from messaging.domain.errors import LetterGone
from messaging.domain.identifiers import fingerprint
from messaging.domain.letter import Filed, Letter, Part, Service, attachment_from, message_from
from messaging.domain.limits import LETTER_BYTES
from messaging.domain.model import Attachment, Message, Patient
from messaging.domain.reports import Report
from messaging.domain.tray import Seen, Tray
from messaging.letters import read_letter
from messaging.objects import Objects, html_key, letter_prefix, part_key, raw_key
from messaging.reported import Reported, report_in
from messaging.store import MessagingStore

REPEAT_WITHIN = timedelta(days=30)
LARGE = 4_000_000
"""From this size on, letters are parsed one at a time: parsing takes several times their size."""


class Prepared(Struct, frozen=True):
    """A letter that was read and whose HTML and parts are stored: neither is held any more."""

    patient: Patient
    letter: Letter
    filed: Filed


class PreparedReport(Struct, frozen=True):
    """What came was no letter but a report about a reply of the patient's."""

    report: Report


class PreparedReturn(Struct, frozen=True):
    """What came is for a mailbox that was closed after the door's 250: it is told to its sender."""


class Filing:
    """Files letters, hears reports, and returns what came too late."""

    def __init__(self, store: MessagingStore, objects: Objects, service: Service) -> None:
        self._store = store
        self._people = Gathering(store.patients_among)
        self._objects = objects
        self._service = service
        self._reported = Reported(store, service)
        self._pool = BoundedPool("letters", 2)
        self._small = asyncio.Semaphore(8)
        self._large = asyncio.Semaphore(1)

    async def prepare(self, taken: LetterTaken, origin: Origin) -> Prepared | PreparedReport | PreparedReturn:
        """Copy the letter to the mailbox's own prefix, read it, store its parts. Safe to repeat.

        Nothing is copied of a report, nor of what goes back to its sender.

        Raises `NotYet` while the patient is unknown here, `LetterGone` when the raw letter isn't there.
        """
        patient = await self._people.one(taken.patient_id)
        if patient is None:
            raise NotYet(taken.patient_id)
        async with self._turn(taken.size):
            raw = await self._fetched(taken)
            report = await self._pool.run(report_in, raw, taken.envelope_sender)
            if report and await self._reported.is_report(taken.patient_id, report):
                return PreparedReport(report)
            if patient.status != "active":
                return PreparedReturn()
            letter, _ = await asyncio.gather(
                self._pool.run(read_letter, raw, taken.intake_id),
                self._objects.copy(taken.object_key, raw_key(taken.patient_id, taken.intake_id)),
            )
            filed = await self._store_parts(taken, patient, letter)
        return Prepared(patient, replace(letter, html=None, parts=()), filed)

    async def _fetched(self, taken: LetterTaken) -> bytes:
        try:
            return await self._objects.read(taken.object_key, LETTER_BYTES)
        except NotFound as error:
            raise LetterGone(f"intake {taken.intake_id}") from error

    @asynccontextmanager
    async def _turn(self, size: int) -> AsyncIterator[None]:
        async with self._large if size >= LARGE else self._small:
            yield

    async def _store_parts(self, taken: LetterTaken, patient: Patient, letter: Letter) -> Filed:
        ids = (patient.id, taken.intake_id)
        if letter.html:
            await self._objects.put_bytes(html_key(*ids), letter.html.encode(), "text/html")
        stored = (self._store_part(part, patient, taken.intake_id) for part in letter.parts)
        attachments = await asyncio.gather(*stored)
        return Filed(
            message_id=taken.intake_id,
            at=taken.taken_at,
            envelope_sender=taken.envelope_sender,
            size=taken.size,
            raw_key=raw_key(*ids),
            html_key=html_key(*ids) if letter.html else None,
            attachments=tuple(attachments),
            traceparent=current_traceparent(),
        )

    async def _store_part(self, part: Part, patient: Patient, message_id: str) -> Attachment:
        key = part_key(patient.id, message_id, part.id)
        stored = await self._objects.put_bytes(key, part.content, part.media_type)
        return attachment_from(part, patient, object_key=key, size=stored.size, sha256=stored.sha256)

    async def file(self, tx: Tx, ready: Sequence[Ready]) -> None:
        """File letters: correspondents, messages, conversations, counters, and what others must know."""
        for one in ready:
            with one.traced():
                if isinstance(one.prepared, PreparedReport):
                    await self._reported.hear(tx, one.event, one.prepared.report)
                elif isinstance(one.prepared, PreparedReturn):
                    await self._return(tx, one.event)
        letters = [_Arrived.of(one, self._service) for one in ready if isinstance(one.prepared, Prepared)]
        if letters:
            await self._file_all(tx, letters)

    async def _return(self, tx: Tx, taken: LetterTaken) -> None:
        back = returned(taken, current_traceparent())
        if back is not None:
            await self._store.queue_consignments(tx, [back])
        log.info("letter.returned", intake_id=taken.intake_id, told=back is not None)

    async def _file_all(self, tx: Tx, letters: Sequence["_Arrived"]) -> None:
        """What leaves no message leaves no objects either: a repeat, an end mark."""
        tray = await self._store.tray(
            tx,
            {letter.mark for letter in letters},
            {letter.correspondent_id for letter in letters},
            [letter.message for letter in letters],
        )
        for letter in letters:
            with letter.ready.traced():
                self._file(tx, tray, letter)
        await self._store.put_away(tx, tray)
        dropped = {one.message.id: one.message for one in letters if one.message.id not in tray.messages}
        named = await self._store.filed_among(tx, dropped) if dropped else ()
        unnamed = [letter_prefix(one.patient_id, one.id) for one in dropped.values() if one.id not in named]
        await self._store.discard(tx, unnamed)

    def _file(self, tx: Tx, tray: Tray, letter: "_Arrived") -> None:
        taken = letter.taken
        if tray.was_seen(letter.mark, taken.taken_at - REPEAT_WITHIN):
            log.info("letter.repeated", patient_id=taken.patient_id, intake_id=taken.intake_id)
            return
        until = taken.taken_at + REPEAT_WITHIN
        tray.seen[letter.mark] = Seen(id=letter.mark, taken_at=taken.taken_at, expires_at=until)
        self._meet(tx, tray, letter)
        if not letter.only_ends:
            self._add(tx, tray, letter.message)

    def _meet(self, tx: Tx, tray: Tray, letter: "_Arrived") -> None:
        """Note what the letter says of its sender: wrote, ended, or both. The null sender makes no contact."""
        message, at = letter.message, letter.taken.taken_at
        if message.auto_reply and not message.ends_exchange:
            return  # a program opens nothing again
        party, patient_id = message.sender, message.patient_id
        known = tray.correspondent(letter.correspondent_id)
        if known is None and not letter.taken.envelope_sender:
            return
        known = known or exchanges.first_heard_of(patient_id, party, at)
        if not letter.only_ends:
            known = exchanges.wrote(known, party, message.reply_to, at)
        if message.ends_exchange:
            known = exchanges.ended(known, party, at)
            if known.ended:
                event = ExchangeEnded(patient_id=patient_id, correspondent_id=known.id, ended_at=at)
                tx.publish(event, key=patient_id)
        tray.correspondents[known.id] = known

    def _add(self, tx: Tx, tray: Tray, message: Message) -> None:
        conversation = tray.add(message)
        received = MessageReceived(
            patient_id=message.patient_id,
            conversation_id=conversation.id,
            message_id=message.id,
            attachments=len(message.files),
            received_at=message.at,
        )
        tx.publish(received, key=message.patient_id)


class _Arrived(Struct, frozen=True, kw_only=True):
    """A letter ready to be filed, the message it becomes, and what its rows are found by."""

    ready: Ready
    message: Message
    mark: str
    correspondent_id: str

    @classmethod
    def of(cls, ready: Ready, service: Service) -> "_Arrived":
        taken, prepared = ready.event, ready.prepared
        message = message_from(prepared.letter, prepared.filed, prepared.patient, service)
        return cls(
            ready=ready,
            message=message,
            mark=fingerprint(taken.patient_id, taken.envelope_sender, taken.content_sha256),
            correspondent_id=exchanges.correspondent_id(taken.patient_id, message.sender.address),
        )

    @property
    def taken(self) -> LetterTaken:
        """As the door took it."""
        taken: LetterTaken = self.ready.event
        return taken

    @property
    def only_ends(self) -> bool:
        """Whether it is an end mark and no message to show."""
        only_ends: bool = self.ready.prepared.letter.only_ends
        return only_ends
