"""A document, and the rules for an attachment to become one."""

import hashlib
from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from chassis.formats import Format
from chassis.keeping import Wish
from contracts.documents import TYPE_CODES, AttachmentKeepRequested, DocumentAdded
from contracts.keeping import size_fault, title_fault

EARLIEST_ZONE = timedelta(hours=14)
"""Somewhere it is already this much later than in UTC: a date isn't in the future for its patient."""


class Document(Struct, frozen=True, kw_only=True):
    """One of the patient's documents. `dated` is the document's own date, `added_at` when it came here.

    `sent_by` sent it to the patient at `sent_at` (None when that isn't known), and to `also_to` beside them;
    both `sent_by` and `message_id` are None for a file of the patient's own device.
    """

    id: str
    patient_id: str
    title: str
    dated: date
    type_code: str
    masked: bool
    format: Format
    size: int
    sha256: str
    object_key: str
    sent_by: str | None
    message_id: str | None
    added_at: datetime
    sent_at: datetime | None = None
    also_to: tuple[str, ...] = ()

    @property
    def filename(self) -> str:
        """The name under which it is downloaded or sent."""
        return f"{self.title}{self.format.extension}"


class Sending(Struct, frozen=True, kw_only=True):
    """The patient sent a document to professionals, with one message."""

    message_id: str
    recipients: tuple[str, ...]
    sent_at: datetime


class Refusal(StrEnum):
    """Why an attachment could not become a document; the code travels in `KeepRefused`."""

    TITLE = "title"
    TYPE = "type"
    DATE = "date"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    FORMAT = "format"
    CLAIM_REFUSED = "claim-refused"
    CLAIM_MISMATCH = "claim-mismatch"


def refusal_of_request(request: AttachmentKeepRequested) -> Refusal | None:
    """Why this attachment may not be kept, as far as can be told without its bytes."""
    if title_fault(request.title):
        return Refusal.TITLE
    if request.type_code not in TYPE_CODES:
        return Refusal.TYPE
    if request.dated > (request.requested_at + EARLIEST_ZONE).date():
        return Refusal.DATE
    return refusal_of_size(request.claim.size)


def refusal_of_size(size: int) -> Refusal | None:
    """Why a file of `size` bytes may not be kept."""
    fault = size_fault(size)
    return Refusal(fault) if fault else None


def document_id_for(request_id: str, content: str = "") -> str:
    """The id of the document that this request makes: always the same, so that repeats make no second one.

    `content` tells what the request asked for, where it may be repeated with something else.
    A UUIDv7 with the instant of the request's id, the rest drawn from its hash (RFC 9562 §5.7).
    """
    drawn = hashlib.sha256(f"document of {request_id}{content}".encode()).hexdigest()
    variant = "89ab"[int(drawn[3], 16) % 4]
    return f"{request_id[:14]}7{drawn[:3]}-{variant}{drawn[4:7]}-{drawn[7:19]}"


def object_key_for(patient_id: str, document_id: str) -> str:
    """Where the bytes of a document lie in this service's own bucket."""
    return f"documents/{patient_id}/{document_id}"


def kept(request: AttachmentKeepRequested, form: Format, size: int, sha256: str) -> Document:
    """The document that this request makes of an attachment of that format."""
    document_id = document_id_for(request.request_id)
    return Document(
        id=document_id,
        patient_id=request.patient_id,
        title=request.title.strip(),
        dated=request.dated,
        type_code=request.type_code,
        masked=request.masked,
        format=form,
        size=size,
        sha256=sha256,
        object_key=object_key_for(request.patient_id, document_id),
        sent_by=request.sent_by,
        message_id=request.message_id,
        added_at=request.requested_at,
        sent_at=request.sent_at,
        also_to=request.also_to,
    )


def brought(
    patient_id: str, wish: Wish, form: Format, content: tuple[int, str], *, request_id: str, at: datetime
) -> Document:
    """The document that a file of the patient's device becomes; `content` is its size in bytes and its SHA-256.

    The wish has no faults. Asked for twice alike it is the same document; with another file or name, another.
    """
    assert wish.dated is not None
    size, sha256 = content
    document_id = document_id_for(request_id, f"{patient_id} {sha256} {wish!r}")
    return Document(
        id=document_id,
        patient_id=patient_id,
        title=wish.title.strip(),
        dated=wish.dated,
        type_code=wish.type_code,
        masked=wish.masked,
        format=form,
        size=size,
        sha256=sha256,
        object_key=object_key_for(patient_id, document_id),
        sent_by=None,
        message_id=None,
        added_at=at,
    )


def as_added(document: Document, request_id: str | None) -> DocumentAdded:
    """What others are told of a document that is there now; `request_id` when one of them asked for it."""
    return DocumentAdded(
        patient_id=document.patient_id,
        document_id=document.id,
        request_id=request_id,
        added_at=document.added_at,
    )
