"""The documents' rows, the patients they belong to, and how many each patient has."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import msgspec
from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.formats import Format
from chassis.store import Row, Store, Tx, away
from documents.domain.document import Document, Sending
from documents.domain.listing import PAGE_SIZE, Listing, Order, Page, Place, page_of
from documents.domain.patient import Patient

MOST_SENDINGS = 100


class DocumentsStore(Store[Tx]):
    """The database of documents. Dates are kept as ISO text, which sorts as they do."""

    INDEXES: ClassVar[Mapping[str, Sequence[IndexModel]]] = {
        "documents": [
            IndexModel([("patient_id", ASCENDING), ("dated", DESCENDING), ("_id", DESCENDING)]),
            IndexModel(
                [
                    ("patient_id", ASCENDING),
                    ("type_code", ASCENDING),
                    ("dated", DESCENDING),
                    ("_id", DESCENDING),
                ]
            ),
        ],
        "sendings": [IndexModel([("patient_id", ASCENDING), ("document_id", ASCENDING), ("sent_at", DESCENDING)])],
        "patients": [],
        "counts": [],
    }

    async def patient(self, patient_id: str, tx: Tx | None = None) -> Patient | None:
        """The patient as projected here, or None when not yet."""
        with away():
            row = await self.collection("patients").find_one({"_id": patient_id}, **_session(tx))
        return Patient(id=row.pop("_id"), **row) if row else None

    async def save_patient(self, tx: Tx, patient: Patient) -> None:
        """Keep this state of the patient, unless a later one is already known."""
        known = await self.patient(patient.id, tx)
        if known is None:
            await self.collection("patients").insert_one(_row(patient), session=tx.session)
        elif known.revision < patient.revision:
            await self.collection("patients").replace_one({"_id": patient.id}, _row(patient), session=tx.session)

    async def document(self, patient_id: str, document_id: str) -> Document | None:
        """The document of that id, if it is this patient's."""
        with away():
            row = await self.collection("documents").find_one({"_id": document_id, "patient_id": patient_id})
        return _document(row) if row else None

    async def is_anothers(self, patient_id: str, document_id: str) -> bool:
        """Whether a document of that id exists and belongs to somebody else."""
        with away():
            row = await self.collection("documents").find_one({"_id": document_id}, {"patient_id": 1})
        return row is not None and row["patient_id"] != patient_id

    async def add(self, tx: Tx, document: Document) -> bool:
        """Put the document among the patient's, and count it. False when it already is there."""
        documents = self.collection("documents")
        if await documents.find_one({"_id": document.id}, {"_id": 1}, session=tx.session):
            return False
        await documents.insert_one(_row(document), session=tx.session)
        await self._count(tx, document)
        return True

    async def note_sendings(self, tx: Tx, patient_id: str, document_ids: Sequence[str], sending: Sending) -> None:
        """Remember to whom these documents went; a repeat changes nothing."""
        for document_id in document_ids:
            key = {"_id": f"{sending.message_id}.{document_id}"}
            row = {"patient_id": patient_id, "document_id": document_id, **msgspec.structs.asdict(sending)}
            row["recipients"] = list(sending.recipients)
            await self.collection("sendings").replace_one(key, key | row, upsert=True, session=tx.session)

    async def sendings(self, patient_id: str, document_id: str) -> list[Sending]:
        """To whom the patient sent a document, latest first; at most a hundred times are told."""
        query = {"patient_id": patient_id, "document_id": document_id}
        with away():
            rows = await self.collection("sendings").find(query).sort("sent_at", DESCENDING).to_list(MOST_SENDINGS)
        return [
            Sending(message_id=row["message_id"], recipients=tuple(row["recipients"]), sent_at=row["sent_at"])
            for row in rows
        ]

    async def _count(self, tx: Tx, document: Document) -> None:
        """Counts are kept where they change: counting an index is slow on a large one."""
        more = {"total": 1, f"of_type.{document.type_code}": 1}
        await self.collection("counts").update_one(
            {"_id": document.patient_id}, {"$inc": more}, upsert=True, session=tx.session
        )

    async def page(self, patient_id: str, listing: Listing, size: int = PAGE_SIZE) -> Page:
        """One page of the patient's documents, as the listing asks for it."""
        direction = DESCENDING if listing.order is Order.NEWEST else ASCENDING
        with away():
            found = self.collection("documents").find(_filter(patient_id, listing))
            found = found.sort([("dated", direction), ("_id", direction)]).limit(size + 1)
            rows = await found.to_list(size + 1)
            total = await self._total(patient_id, listing.type_code)
        return page_of([_document(row) for row in rows], total, size)

    async def _total(self, patient_id: str, type_code: str | None) -> int:
        counts = await self.collection("counts").find_one({"_id": patient_id}) or {}
        counted = counts.get("total", 0) if type_code is None else counts.get("of_type", {}).get(type_code, 0)
        return int(counted)


def _filter(patient_id: str, listing: Listing) -> Row:
    wanted: Row = {"patient_id": patient_id}
    if listing.type_code is not None:
        wanted["type_code"] = listing.type_code
    if listing.after is not None:
        wanted["$or"] = _behind(listing.after, "$lt" if listing.order is Order.NEWEST else "$gt")
    return wanted


def _behind(place: Place, beyond: str) -> list[Row]:
    dated = place.dated.isoformat()
    return [{"dated": {beyond: dated}}, {"dated": dated, "_id": {beyond: place.id}}]


def _session(tx: Tx | None) -> dict[str, Any]:
    return {"session": tx.session} if tx else {}


def _row(thing: Document | Patient) -> Row:
    row = msgspec.structs.asdict(thing)
    row["_id"] = row.pop("id")
    if isinstance(thing, Document):
        row["dated"] = thing.dated.isoformat()
        row["also_to"] = list(thing.also_to)
        row["format"] = thing.format.value
    return row


def _document(row: Row) -> Document:
    fields = dict(row)
    fields["id"] = fields.pop("_id")
    fields["dated"] = date.fromisoformat(fields["dated"])
    fields["format"] = Format(fields["format"])
    fields["also_to"] = tuple(fields.get("also_to", ()))
    return Document(**fields)
