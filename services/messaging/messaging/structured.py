"""Opening an attachment that reads as words: documents and attached messages, read again when looked at."""

import asyncio

from msgspec import Struct

from chassis.errors import NotFound
from chassis.threads import BoundedPool
from messaging.domain.letter import Mailer
from messaging.domain.limits import LETTER_BYTES
from messaging.domain.model import Attachment, Patient
from messaging.domain.names import shown_name
from messaging.domain.structured import Concerns, Document, Head, Structured, concerns
from messaging.domain.subjects import shown_subject
from messaging.keeping import Received
from messaging.letters import read_letter
from messaging.letters.structured import Reads, read_structured
from messaging.objects import Objects

PATIENCE = 8.0
"""Seconds that a reader waits; reading takes a fraction of one, whatever a sender sends."""


class OwnedFile(Struct, frozen=True):
    """A file of a document, and the attachment it is in this mailbox, None if it was not kept."""

    name: str
    attachment: Attachment | None


class Readable(Struct, frozen=True, kw_only=True):
    """The documents of an attachment, with their files as attachments, and whom they are about."""

    received: Received
    structured: Structured
    concerns: Concerns
    files: tuple[tuple[OwnedFile, ...], ...]


class Nested(Struct, frozen=True, kw_only=True):
    """A message attached to a letter, in plain words, with its own files. Of another patient `sender` is empty."""

    sender: str
    subject: str
    text: str
    files: tuple[Attachment, ...]
    incomplete: bool


class DocumentReader:
    """Reads documents in threads of its own, two at once."""

    def __init__(self, objects: Objects, patient_domain: str) -> None:
        self._objects = objects
        self._patients = f"@{patient_domain.lower()}"
        self._pool = BoundedPool("documents", 2)

    async def read(self, received: Received, patient: Patient) -> Readable:
        """The documents of an attachment. Raises `NotFound` if it is none that reads as such."""
        attachment = received.attachment
        if attachment.reads not in (Reads.XDM, Reads.CDA):
            raise NotFound(f"attachment {attachment.id} is no structured document")
        content = await self._objects.read(attachment.object_key, LETTER_BYTES)
        structured = await self._structured(content, Reads(attachment.reads), attachment.filename)
        return Readable(
            received=received,
            structured=structured,
            concerns=concerns(structured.every_id, patient.ins),
            files=_owned(received, structured),
        )

    async def read_message(self, received: Received, patient: Patient) -> Nested:
        """An attached message, as a letter. Raises `NotFound` if the attachment is none."""
        attachment = received.attachment
        if attachment.reads != Reads.MESSAGE:
            raise NotFound(f"attachment {attachment.id} is no message")
        content = await self._objects.read(attachment.object_key, LETTER_BYTES)
        letter = await self._pool.run(read_letter, content, attachment.id)
        inside = tuple(one for one in received.message.attachments if one.inside == attachment.id)
        return Nested(
            sender=self._shown(letter.sender, patient) if letter.sender else "",
            subject=shown_subject(letter.subject),
            text=letter.text,
            files=inside,
            incomplete=letter.incomplete,
        )

    def _shown(self, sender: Mailer, patient: Patient) -> str:
        """The sender's name; of another patient neither that nor what is made of the address."""
        address = sender.address.lower()
        if address.endswith(self._patients) and address != patient.mailbox_address.lower():
            return ""
        return shown_name(sender.name, sender.address)

    async def _structured(self, content: bytes, kind: Reads, name: str) -> Structured:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._pool.run(read_structured, content, kind, name)
        except TimeoutError:
            return Structured(documents=(Document(head=Head(title=name), readable=False),))


def _owned(received: Received, structured: Structured) -> tuple[tuple[OwnedFile, ...], ...]:
    """For each document its files; they were kept in this very order when the letter was filed."""
    kept = [one for one in received.message.attachments if one.inside == received.attachment.id]
    left = iter(kept)
    return tuple(
        tuple(OwnedFile(file.name, next(left, None)) for file in document.files)
        for document in structured.documents
    )
