"""A file from the patient's device becomes a document."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

from msgspec import Struct

from chassis.formats import format_of
from chassis.identity import Identity
from chassis.keeping import Wish
from chassis.store import Tx
from documents.domain.document import Document, Refusal, as_added, brought, refusal_of_size
from documents.objects import DocumentObjects
from documents.store import DocumentsStore


class Brought(Struct, frozen=True, kw_only=True):
    """A file as it came from the device, whole: `head` are its first bytes, `sha256` is in hexadecimal."""

    filename: str
    size: int
    sha256: str
    head: bytes
    chunks: Callable[[], AsyncIterator[bytes]]


def refusal_of(file: Brought) -> Refusal | None:
    """Why this file may not be among the documents, or None."""
    return refusal_of_size(file.size) or (Refusal.FORMAT if format_of(file.head) is None else None)


async def add_from_device(
    store: DocumentsStore,
    objects: DocumentObjects,
    identity: Identity,
    file: Brought,
    wish: Wish,
    *,
    request_id: str,
    at: datetime,
) -> Document:
    """The document made of a file that `refusal_of` lets pass, under a wish without faults.

    The same file and wish asked for again under the same `request_id`, as by a second press, make no second one.
    """
    form, content = format_of(file.head), (file.size, file.sha256)
    assert form is not None
    document = brought(identity.patient_id, wish, form, content, request_id=request_id, at=at)
    known = await store.document(identity.patient_id, document.id)
    if known is not None:
        return known
    await objects.put(document.object_key, file.chunks(), form.value)

    async def work(tx: Tx) -> None:
        if await store.add(tx, document):
            tx.publish(as_added(document, None), key=document.patient_id)
            _note(tx, identity, document)

    await store.transact(work)
    return document


def _note(tx: Tx, identity: Identity, document: Document) -> None:
    tx.audit(
        action="document-added",
        actor=identity.actor,
        patient_id=identity.patient_id,
        object_kind="document",
        object_id=document.id,
        outcome="done",
    )
