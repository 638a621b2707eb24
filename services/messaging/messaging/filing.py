"""A letter taken at the door becomes a message in a mailbox: objects and parsing first, then one transaction."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from chassis.bus import Origin
from chassis.errors import NotFound
from chassis.store import Tx
from chassis.telemetry import current_traceparent, log
from chassis.threads import BoundedPool
from contracts.messaging import ExchangeEnded, LetterTaken, MessageReceived
from messaging.domain import exchanges
from messaging.domain.errors import LetterGone
from messaging.domain.identifiers import fingerprint
from messaging.domain.letter import Filed, Letter, Part, Service, message_from, sender_of
from messaging.domain.limits import LETTER_BYTES
from messaging.domain.model import Attachment, Conversation, Message, Patient
from messaging.domain.threads import begin, combine
from messaging.letters import patient_copy, read_letter
from messaging.objects import Objects, html_key, original_key, part_key, raw_key
from messaging.store import MessagingStore

REPEAT_WITHIN = timedelta(days=30)
LARGE = 4_000_000
"""From this size on, letters are parsed one at a time: parsing takes several times their size."""


class Prepared(Struct, frozen=True):
    """A letter that was read and whose parts are stored; the parts' bytes are no longer held."""

    patient: Patient
    letter: Letter
    filed: Filed


class Filing:
    """Files letters."""

    def __init__(self, store: MessagingStore, objects: Objects, service: Service) -> None:
        self._store = store
        self._objects = objects
        self._service = service
        self._pool = BoundedPool("letters", 2)
        self._small = asyncio.Semaphore(8)
        self._large = asyncio.Semaphore(1)

    async def prepare(self, taken: LetterTaken, origin: Origin) -> Prepared:
        """Copy the letter to the mailbox's own prefix, read it, store its parts. Safe to repeat.

        Raises `NotYet` while the patient is unknown here, `LetterGone` when the raw letter isn't there.
        """
        patient = await self._store.patient(taken.patient_id)
        key = raw_key(patient.id, taken.intake_id)
        try:
            await self._objects.copy(taken.object_key, key)
        except NotFound as error:
            raise LetterGone(f"intake {taken.intake_id}") from error
        async with self._turn(taken.size):
            raw = await self._objects.read(key, LETTER_BYTES)
            letter = await self._pool.run(read_letter, raw, taken.intake_id)
            filed = await self._store_parts(taken, patient, letter, raw)
        return Prepared(patient, replace(letter, parts=()), filed)

    @asynccontextmanager
    async def _turn(self, size: int) -> AsyncIterator[None]:
        async with self._large if size >= LARGE else self._small:
            yield

    async def _store_parts(self, taken: LetterTaken, patient: Patient, letter: Letter, raw: bytes) -> Filed:
        copy = await self._pool.run(patient_copy, raw, patient.mailbox_address, self._service.domains.patient)
        ids = (patient.id, taken.intake_id)
        puts = [self._objects.put_bytes(original_key(*ids), copy, "message/rfc822")]
        if letter.html:
            puts.append(self._objects.put_bytes(html_key(*ids), letter.html.encode(), "text/html"))
        await asyncio.gather(*puts)
        attachments = [await self._store_part(part, *ids) for part in letter.parts]
        return Filed(
            message_id=taken.intake_id,
            at=taken.taken_at,
            envelope_sender=taken.envelope_sender,
            size=taken.size,
            raw_key=raw_key(*ids),
            original_key=original_key(*ids),
            html_key=html_key(*ids) if letter.html else None,
            attachments=tuple(attachments),
            traceparent=current_traceparent(),
        )

    async def _store_part(self, part: Part, patient_id: str, message_id: str) -> Attachment:
        key = part_key(patient_id, message_id, part.id)
        stored = await self._objects.put_bytes(key, part.content, part.media_type)
        return Attachment(
            id=part.id,
            filename=part.filename,
            media_type=part.media_type,
            size=stored.size,
            sha256=stored.sha256,
            object_key=key,
            content_id=part.content_id,
        )

    async def apply(self, tx: Tx, taken: LetterTaken, prepared: Prepared) -> None:
        """File it: correspondent, message, conversation, counters, and what others must know."""
        mark = fingerprint(taken.patient_id, taken.envelope_sender, taken.content_sha256)
        if await self._store.seen_before(tx, mark, taken.taken_at - REPEAT_WITHIN):
            log.info("letter.repeated", patient_id=taken.patient_id, intake_id=taken.intake_id)
            return
        await self._store.mark_seen(tx, mark, taken.taken_at, taken.taken_at + REPEAT_WITHIN)
        await self._meet(tx, prepared)
        if not prepared.letter.only_ends:
            message = message_from(prepared.letter, prepared.filed, prepared.patient, self._service)
            await self._add(tx, message)

    async def _meet(self, tx: Tx, prepared: Prepared) -> None:
        """Note what the letter says of its sender: wrote, ended, or both."""
        letter, filed, patient_id = prepared.letter, prepared.filed, prepared.patient.id
        party = sender_of(letter, filed.envelope_sender)
        known = await self._store.correspondent(patient_id, party.address, tx)
        known = known or exchanges.first_heard_of(patient_id, party, filed.at)
        if not letter.only_ends:
            message = message_from(letter, filed, prepared.patient, self._service)
            known = exchanges.wrote(known, party, message.reply_to, filed.at)
        if letter.ends:
            known = exchanges.ended(known, party, filed.at)
            if known.ended:
                event = ExchangeEnded(patient_id=patient_id, correspondent_id=known.id, ended_at=filed.at)
                tx.publish(event, key=patient_id)
        await self._store.save_correspondent(tx, known)

    async def _add(self, tx: Tx, message: Message) -> None:
        tied = await self._tied(tx, message)
        conversation = combine([begin(message), *tied])
        await self._store.add_message(tx, replace(message, conversation_id=conversation.id))
        await self._merge(tx, conversation, [row.id for row in tied if row.id != conversation.id])
        await self._store.save_conversation(tx, conversation)
        await self._store.count(tx, message.patient_id, unread=1, conversations=1 - len(tied), letters=1)
        received = MessageReceived(
            patient_id=message.patient_id,
            conversation_id=conversation.id,
            message_id=message.id,
            attachments=len(message.files),
            received_at=message.at,
        )
        tx.publish(received, key=message.patient_id)

    async def _tied(self, tx: Tx, message: Message) -> list[Conversation]:
        """The conversations this letter belongs to: by Message-IDs, and by sender and subject."""
        patient_id = message.patient_id
        ids = await self._store.linked_conversations(tx, patient_id, message.links) if message.links else set()
        if message.thread_key:
            ids |= await self._store.same_thread(
                tx, patient_id, message.thread_key, message.at, refers=message.refers
            )
        return await self._store.conversations(patient_id, sorted(ids), tx) if ids else []

    async def _merge(self, tx: Tx, into: Conversation, ids: list[str]) -> None:
        """Move what is in the conversations that another replaces."""
        if not ids:
            return
        await self._store.move_messages(tx, into.patient_id, ids, into.id)
        await self._store.move_drafts(tx, into.patient_id, ids, into.id)
        await self._store.move_deliveries(tx, into.patient_id, ids, into.id)
        await self._store.remove_conversations(tx, into.patient_id, ids)
