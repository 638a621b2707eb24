"""Documents' own interfaces, in memory."""

import copy
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from chassis.bus import Ready
from chassis.errors import NotFound, NotYet
from chassis.formats import HEAD_SIZE
from chassis.objects import ClaimMismatch, ClaimRefused, StoredObject
from chassis.previews.previewer import Described, Previewer
from chassis.previews.previewer import Page as PageOfPdf
from contracts.base import Claim, Event
from documents.domain.document import Document, Sending, object_key_for
from documents.domain.listing import Listing, Order, Page, Place, page_of
from documents.domain.patient import Patient
from documents.objects import DocumentObjects
from documents.store import DocumentsStore


class FakeTx:
    """What a transaction gathers: events that leave with it, and audit records."""

    def __init__(self) -> None:
        self.published: list[Event] = []
        self.audited: list[dict[str, Any]] = []

    def publish(self, event: Event, key: str) -> None:
        assert key == event.patient_id  # type: ignore[attr-defined]
        self.published.append(event)

    def audit(self, **record: Any) -> None:
        self.audited.append(record)


class FakeStore(DocumentsStore):
    """The store of documents in three dictionaries."""

    def __init__(self) -> None:
        self.patients: dict[str, Patient] = {}
        self.documents: dict[str, Document] = {}
        self.counts: dict[str, dict[str, int]] = {}
        self.sent: dict[tuple[str, str, str], Sending] = {}
        self.published: list[Event] = []
        self.audited: list[dict[str, Any]] = []

    @property
    def state(self) -> Any:
        return copy.deepcopy((self.patients, self.documents, self.counts, self.sent))

    async def transact(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        tx, before = FakeTx(), self.state
        try:
            result = await work(tx)
        except BaseException:
            self.patients, self.documents, self.counts, self.sent = before
            raise
        self.published += tx.published
        self.audited += tx.audited
        return result

    async def patient(self, patient_id: str, tx: FakeTx | None = None) -> Patient | None:
        return self.patients.get(patient_id)

    async def save_patient(self, tx: FakeTx, patient: Patient) -> None:
        known = self.patients.get(patient.id)
        if known is None or known.revision < patient.revision:
            self.patients[patient.id] = patient

    async def document(self, patient_id: str, document_id: str) -> Document | None:
        found = self.documents.get(document_id)
        return found if found and found.patient_id == patient_id else None

    async def is_anothers(self, patient_id: str, document_id: str) -> bool:
        found = self.documents.get(document_id)
        return found is not None and found.patient_id != patient_id

    async def add(self, tx: FakeTx, document: Document) -> bool:
        if document.id in self.documents:
            return False
        self.documents[document.id] = document
        counts = self.counts.setdefault(document.patient_id, {})
        for name in ("", document.type_code):
            counts[name] = counts.get(name, 0) + 1
        return True

    async def note_sendings(self, tx: FakeTx, patient_id: str, document_ids: Any, sending: Sending) -> None:
        for document_id in document_ids:
            self.sent[patient_id, document_id, sending.message_id] = sending

    async def sendings(self, patient_id: str, document_id: str) -> list[Sending]:
        found = [one for key, one in self.sent.items() if key[:2] == (patient_id, document_id)]
        return sorted(found, key=lambda one: one.sent_at, reverse=True)

    async def page(self, patient_id: str, listing: Listing, size: int = 50) -> Page:
        newest = listing.order is Order.NEWEST
        found = [
            document
            for document in self.documents.values()
            if document.patient_id == patient_id and listing.type_code in (None, document.type_code)
        ]
        found.sort(key=_place, reverse=newest)
        if listing.after:
            after = (listing.after.dated, listing.after.id)
            found = [each for each in found if (_place(each) < after if newest else _place(each) > after)]
        return page_of(found[: size + 1], self.counts.get(patient_id, {}).get(listing.type_code or "", 0), size)


def _place(document: Document) -> Any:
    place = Place(document.dated, document.id)
    return place.dated, place.id


class FakeObjects(DocumentObjects):
    """Objects in a dictionary; `handed` holds what messaging handed over, by claim key."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.handed: dict[str, bytes] = {}

    async def take_attachment(self, claim: Claim, patient_id: str, document_id: str) -> StoredObject:
        if not claim.key.startswith(f"handover/documents/{patient_id}/"):
            raise ClaimRefused("foreign")
        if claim.key not in self.handed:
            raise NotFound("gone")
        data = self.handed[claim.key]
        if hashlib.sha256(data).hexdigest() != claim.sha256 or len(data) != claim.size:
            raise ClaimMismatch("differs")
        key = object_key_for(patient_id, document_id)
        self.objects[key] = data
        return StoredObject(key=key, size=len(data), sha256=claim.sha256)

    async def put(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> StoredObject:
        data = b"".join([chunk async for chunk in chunks])
        self.objects[key] = data
        return StoredObject(key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest())

    async def head(self, key: str) -> bytes:
        return self.objects[key][:HEAD_SIZE]

    async def chunks(self, key: str, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        yield self.objects[key][offset : offset + length if length else None]

    async def remove(self, key: str) -> None:
        self.objects.pop(key, None)

    async def hand_over_document(self, document: Document, row_id: str) -> Claim:
        key = f"handover/messaging/{document.patient_id}/{row_id}"
        self.objects[key] = self.objects[document.object_key]
        return Claim(
            key=key,
            sha256=document.sha256,
            size=document.size,
            media_type=document.format.value,
            filename=document.filename,
        )


class FakePreviewer(Previewer):
    """A PDF of one page, whatever the bytes."""

    async def describe(self, pdf: AsyncIterator[bytes], first: int, count: int) -> Described:
        assert [chunk async for chunk in pdf]
        return Described(total=1, pages=(PageOfPdf(width=595, height=842, text="Mots de la page"),))

    async def draw(self, pdf: AsyncIterator[bytes], page: int, width: int) -> bytes:
        assert [chunk async for chunk in pdf]
        return b"RIFFwebp"


async def deliver(store: FakeStore, handlings: dict[type, Any], event: Event) -> bool:
    """What the bus does with one event. False when it has to wait for its patient."""
    handling = handlings[type(event)]
    try:
        prepared = await handling.prepare(event, None) if handling.prepare else None
        await store.transact(lambda tx: handling.perform(tx, [Ready(event=event, prepared=prepared)]))
    except NotYet:
        return False
    return True


def handlings_of(handlers: Any) -> dict[type, Any]:
    """Every handling of a service, by its type of event."""
    return {handling.event: handling for each in handlers.subscriptions() for handling in each.on}
