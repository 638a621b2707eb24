"""Files of a draft: asked of documents and synthesis, waited for, taken off again."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from chassis.i18n import mark as _
from chassis.identity import Identity
from chassis.ids import new_id
from chassis.store import Tx
from contracts.base import Event
from contracts.documents import HandoverRequested, HandoverRow
from contracts.synthesis import SynthesisRequested
from messaging.access import note, own
from messaging.domain.drafting import ROWS_AT_MOST
from messaging.domain.errors import AttachmentsTooLarge, MessagingError, NothingPicked
from messaging.domain.limits import check_total
from messaging.domain.model import Draft, DraftRow, Patient, RowSource, RowState
from messaging.store import MessagingStore

UNKNOWN_TYPE = "application/octet-stream"


class TooManyFiles(MessagingError):
    """A message carries at most 50 files."""

    code = "too-many-files"
    sentence = _("Un message peut contenir au plus 50 documents.")


class Picked(Struct, frozen=True, kw_only=True):
    """A document ticked in the picker. All but its id is what the page said, until the bytes come."""

    document_id: str
    size: int
    filename: str
    media_type: str = UNKNOWN_TYPE


async def files_of(store: MessagingStore, identity: Identity, draft_id: str) -> Sequence[DraftRow]:
    """The files of a draft as they are now. Raises `NotFound`."""
    async with own(store, identity, "draft-opened", "draft", draft_id):
        await store.draft(identity.patient_id, draft_id)
    return await store.draft_rows(identity.patient_id, draft_id)


async def attach_documents(
    store: MessagingStore, identity: Identity, draft_id: str, picked: Sequence[Picked], *, at: datetime
) -> int:
    """Add these documents to the draft, to be handed over by documents; how many were not in it yet.

    Raises `NothingPicked`, `NotFound`, `AttachmentsTooLarge` and `TooManyFiles` with nothing added.
    """
    if not picked:
        raise NothingPicked("no document is ticked")

    async def work(tx: Tx) -> int:
        draft = await store.draft(identity.patient_id, draft_id, tx)
        return await add_documents(store, tx, identity, draft, picked, at=at)

    async with own(store, identity, "documents-attached", "draft", draft_id):
        return await store.transact(work)


async def add_documents(
    store: MessagingStore, tx: Tx, identity: Identity, draft: Draft, picked: Sequence[Picked], *, at: datetime
) -> int:
    """In this transaction: the part of `attach_documents` that a draft just begun needs as well."""
    rows = await store.draft_rows(draft.patient_id, draft.id, tx)
    present = {row.document_id for row in rows}
    added = [_document_row(draft, one, at) for one in picked if one.document_id not in present]
    if added:
        await _add(store, tx, draft, rows, added)
        tx.publish(_handover(added), key=draft.patient_id)
        note(tx, identity, "documents-attached", "draft", draft.id)
    return len(added)


async def attach_synthesis(store: MessagingStore, identity: Identity, draft_id: str, *, at: datetime) -> None:
    """Add the PDF of the medical profile to the draft, in the place of one that is there already."""

    async def work(tx: Tx) -> None:
        patient = await store.patient(identity.patient_id, tx)
        draft = await store.draft(identity.patient_id, draft_id, tx)
        rows = await store.draft_rows(identity.patient_id, draft_id, tx)
        for row in rows:
            if row.source is RowSource.SYNTHESIS:
                await store.remove_draft_row(tx, row)
        others = [row for row in rows if row.source is not RowSource.SYNTHESIS]
        added = _synthesis_row(draft, patient, at)
        await _add(store, tx, draft, others, [added])
        tx.publish(_request(added), key=draft.patient_id)
        note(tx, identity, "synthesis-attached", "draft", draft.id)

    async with own(store, identity, "synthesis-attached", "draft", draft_id):
        await store.transact(work)


async def _add(
    store: MessagingStore, tx: Tx, draft: Draft, rows: Sequence[DraftRow], added: Sequence[DraftRow]
) -> None:
    if len(rows) + len(added) > ROWS_AT_MOST:
        raise TooManyFiles(f"{len(rows) + len(added)} files")
    check_total(rows, sum(row.size for row in added))
    await store.add_draft_rows(tx, draft, added)


async def if_it_fits(store: MessagingStore, tx: Tx, ready: DraftRow) -> DraftRow:
    """The row, or the row refused with its bytes let go, when the draft would pass what a message may carry."""
    rows = await store.draft_rows(ready.patient_id, ready.draft_id, tx)
    try:
        check_total([ready, *(row for row in rows if row.id != ready.id)])
    except AttachmentsTooLarge as error:
        await store.discard(tx, [ready.object_key] if ready.object_key else [])
        return replace(ready, state=RowState.REFUSED, reason=error.code, object_key=None, sha256=None)
    return ready


async def detach(store: MessagingStore, identity: Identity, draft_id: str, row_id: str) -> None:
    """Take a file off the draft; an answer that still comes for it is dropped. Raises `NotFound`."""

    async def work(tx: Tx) -> None:
        row = await store.draft_row(identity.patient_id, draft_id, row_id, tx)
        await store.remove_draft_row(tx, row)
        note(tx, identity, "file-detached", "draft-row", row.id)

    async with own(store, identity, "file-detached", "draft-row", row_id):
        await store.transact(work)


async def ask_again(
    store: MessagingStore, identity: Identity, draft_id: str, row_id: str, *, at: datetime
) -> None:
    """Ask once more for a file that did not come, or was refused. Raises `NotFound`."""

    async def work(tx: Tx) -> None:
        row = await store.draft_row(identity.patient_id, draft_id, row_id, tx)
        if row.state is RowState.READY or row.source is RowSource.UPLOAD:
            return
        waiting = replace(row, state=RowState.PENDING, reason=None, requested_at=at)
        await store.save_draft_row(tx, waiting)
        tx.publish(_request(waiting), key=identity.patient_id)

    async with own(store, identity, "file-asked-again", "draft-row", row_id):
        await store.transact(work)


def _document_row(draft: Draft, picked: Picked, at: datetime) -> DraftRow:
    return DraftRow(
        id=new_id(),
        patient_id=draft.patient_id,
        draft_id=draft.id,
        source=RowSource.DOCUMENT,
        state=RowState.PENDING,
        filename=picked.filename,
        media_type=picked.media_type,
        size=picked.size,
        requested_at=at,
        document_id=picked.document_id,
    )


def _synthesis_row(draft: Draft, patient: Patient, at: datetime) -> DraftRow:
    """Its size is not known before it is made; it is counted when it comes."""
    return DraftRow(
        id=new_id(),
        patient_id=draft.patient_id,
        draft_id=draft.id,
        source=RowSource.SYNTHESIS,
        state=RowState.PENDING,
        filename=f"Profil médical_{patient.given_name}{patient.family_name}.pdf",
        media_type="application/pdf",
        size=0,
        requested_at=at,
    )


def _request(row: DraftRow) -> Event:
    if row.source is RowSource.SYNTHESIS:
        return SynthesisRequested(
            patient_id=row.patient_id, draft_id=row.draft_id, row_id=row.id, requested_at=row.requested_at
        )
    return _handover([row])


def _handover(rows: Sequence[DraftRow]) -> HandoverRequested:
    """Needs at least one row, all of one draft."""
    wanted = [(row.id, row.document_id) for row in rows if row.document_id is not None]
    return HandoverRequested(
        patient_id=rows[0].patient_id,
        draft_id=rows[0].draft_id,
        rows=tuple(HandoverRow(row_id=row_id, document_id=document_id) for row_id, document_id in wanted),
        requested_at=rows[0].requested_at,
    )
