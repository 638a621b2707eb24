"""A file from the patient's device: announced, sent in pieces that may be cut and go on, then a draft's file."""

from collections.abc import AsyncIterator
from datetime import datetime

from msgspec.structs import replace

from chassis.errors import NotFound
from chassis.formats import HEAD_SIZE
from chassis.identity import Identity
from chassis.ids import new_id
from chassis.objects import StoredObject
from chassis.store import Tx
from messaging.access import note, own
from messaging.attaching import UNKNOWN_TYPE, TooManyFiles, if_it_fits
from messaging.domain.drafting import ROWS_AT_MOST
from messaging.domain.errors import AttachmentsTooLarge
from messaging.domain.model import Draft, DraftRow, RowSource, RowState, Upload
from messaging.domain.uploading import (
    PIECE_BYTES,
    TOO_LARGE_PICTURE,
    Announced,
    OffsetMismatch,
    PhotosNotJoined,
    check_piece,
    declared_size,
    is_picture,
    named_as,
    photos_among,
    same_upload,
    sendable_type,
)
from messaging.letters.filenames import safe_name
from messaging.objects import Objects, piece_key, row_key
from messaging.pictures.darkroom import Darkroom, Developed, NoPreview
from messaging.store import MessagingStore

Chunks = AsyncIterator[bytes]


async def announce(
    store: MessagingStore, identity: Identity, draft_id: str, wish: Announced, *, at: datetime
) -> DraftRow:
    """The row that waits for this file; that of the same file when it was cut.

    Raises `NotFound`, `TooManyFiles`, and what `declared_size` does.
    """
    announced = replace(wish, filename=safe_name(wish.filename, 1, ""))

    async def work(tx: Tx) -> DraftRow:
        draft = await store.draft(identity.patient_id, draft_id, tx)
        rows = await store.draft_rows(identity.patient_id, draft_id, tx)
        if (known := same_upload(announced, rows)) is not None:
            return known
        if len(rows) >= ROWS_AT_MOST:
            raise TooManyFiles(f"{len(rows)} files")
        row = _row(draft, announced, declared_size(announced, rows), at)
        await store.add_draft_rows(tx, draft, [row])
        note(tx, identity, "upload-begun", "draft-row", row.id)
        return row

    async with own(store, identity, "upload-begun", "draft", draft_id):
        return await store.transact(work)


def _row(draft: Draft, announced: Announced, counted: int, at: datetime) -> DraftRow:
    return DraftRow(
        id=new_id(),
        patient_id=draft.patient_id,
        draft_id=draft.id,
        source=RowSource.UPLOAD,
        state=RowState.PENDING,
        filename=announced.filename,
        media_type=UNKNOWN_TYPE,
        size=counted,
        requested_at=at,
        upload=Upload(size=announced.size, mark=announced.mark, touched_at=at),
    )


async def upload_of(store: MessagingStore, identity: Identity, draft_id: str, row_id: str) -> DraftRow:
    """How far a file has come. Raises `NotFound`."""
    async with own(store, identity, "upload-opened", "draft-row", row_id):
        return await store.draft_row(identity.patient_id, draft_id, row_id)


async def add_piece(
    store: MessagingStore, objects: Objects, row: DraftRow, offset: int, chunks: Chunks, *, at: datetime
) -> DraftRow:
    """Take what comes of a file from `offset` on, at most `PIECE_BYTES`; what came before a cut is kept.

    Raises `OffsetMismatch`, `UploadEnded`, `NotFound` when the file was taken off meanwhile.
    """
    coming = check_piece(row, offset)
    room = min(PIECE_BYTES, coming.size - offset)
    piece = bytearray()
    try:
        async for chunk in chunks:
            piece += chunk
            if len(piece) > room:
                raise OffsetMismatch(f"more than {room} bytes at {offset}")
    except OffsetMismatch:
        raise
    except Exception:
        await _keep(store, objects, row, bytes(piece), at=at)
        raise
    return await _keep(store, objects, row, bytes(piece), at=at)


async def _keep(store: MessagingStore, objects: Objects, row: DraftRow, piece: bytes, *, at: datetime) -> DraftRow:
    if not piece or row.upload is None:
        return row
    offset = row.upload.received
    key = piece_key(row.id, new_id())
    await objects.put_bytes(key, piece, UNKNOWN_TYPE)

    async def work(tx: Tx) -> DraftRow:
        found = await store.draft_row(row.patient_id, row.draft_id, row.id, tx)
        coming = check_piece(found, offset)
        grown = replace(coming, received=offset + len(piece), pieces=(*coming.pieces, key), touched_at=at)
        changed = replace(found, upload=grown)
        await store.save_draft_row(tx, changed)
        return changed

    return await store.transact(work)


async def finish(
    store: MessagingStore, objects: Objects, darkroom: Darkroom, identity: Identity, row: DraftRow
) -> DraftRow:
    """Make of the pieces what the draft carries, or refuse it with the reason; repeated, it changes nothing.

    A picture that could not be developed in time stays pending, to be tried again.
    """
    if row.upload is None or not row.upload.complete or row.state is not RowState.PENDING:
        return row
    try:
        media_type = sendable_type(await _head(objects, row))
        if media_type is None:
            return await _settle(store, identity, _refused(row, "format"))
        picture = await darkroom.develop(_pieces(objects, row)) if is_picture(media_type) else None
        return await _settle(store, identity, await _made(objects, row, picture, media_type))
    except NotFound as error:
        return await _not_made(store, identity, row, error)


async def reduce_picture(
    store: MessagingStore, objects: Objects, darkroom: Darkroom, identity: Identity, row: DraftRow
) -> DraftRow:
    """A picture that was too large for the message, made smaller; any other row is left as it is."""
    if row.reason != TOO_LARGE_PICTURE or row.upload is None:
        return row
    try:
        picture = await darkroom.reduce(_pieces(objects, row))
        return await _settle(store, identity, await _made(objects, row, picture, row.media_type))
    except NotFound as error:
        return await _not_made(store, identity, row, error)


async def _not_made(store: MessagingStore, identity: Identity, row: DraftRow, error: NotFound) -> DraftRow:
    if not isinstance(error, NoPreview):
        return await _settle(store, identity, _refused(row, "upload-lost"))
    if error.reason in ("busy", "too-slow"):
        return row
    return await _settle(store, identity, _refused(row, "picture-broken"))


def _refused(row: DraftRow, reason: str) -> DraftRow:
    return replace(row, state=RowState.REFUSED, reason=reason)


async def _made(objects: Objects, row: DraftRow, picture: Developed | None, media_type: str) -> DraftRow:
    """The row with its bytes stored: the picture as it was developed, else what came."""
    key = row_key(row.patient_id, row.draft_id, row.id, new_id())
    if picture is not None:
        media_type = picture.media_type
        stored = await objects.put_bytes(key, picture.content, media_type)
    else:
        stored = await objects.put(key, _pieces(objects, row), media_type)
    name = named_as(row.filename, media_type)
    return replace(
        row,
        state=RowState.READY,
        reason=None,
        filename=name,
        renamed_from=row.filename if name != row.filename and picture is None else row.renamed_from,
        media_type=media_type,
        size=stored.size,
        sha256=stored.sha256,
        object_key=stored.key,
    )


async def _settle(store: MessagingStore, identity: Identity, settled: DraftRow) -> DraftRow:
    async def work(tx: Tx) -> DraftRow:
        try:
            found = await store.draft_row(settled.patient_id, settled.draft_id, settled.id, tx)
        except NotFound:
            await store.discard_file(tx, settled)
            return settled
        if found.upload is None:
            return found
        row = await if_it_fits(store, tx, settled) if settled.state is RowState.READY else settled
        if row.reason == AttachmentsTooLarge.code and is_picture(row.media_type):
            row = replace(row, reason=TOO_LARGE_PICTURE)
        else:
            await store.discard(tx, found.upload.pieces)
            row = replace(row, upload=None)
        await store.save_draft_row(tx, row)
        note(tx, identity, "file-uploaded", "draft-row", row.id)
        return row

    return await store.transact(work)


async def join_photos(
    store: MessagingStore, objects: Objects, darkroom: Darkroom, identity: Identity, draft_id: str, *, at: datetime
) -> None:
    """Put one PDF in the place of the photos that came from the device. Raises `NotFound`, `PhotosNotJoined`."""
    async with own(store, identity, "photos-joined", "draft", draft_id):
        draft = await store.draft(identity.patient_id, draft_id)
    photos = photos_among(await store.draft_rows(identity.patient_id, draft_id))
    if len(photos) < 2:
        return
    try:
        joined = await darkroom.join([(one.size, objects.chunks(one.object_key or "")) for one in photos])
    except NoPreview as error:
        raise PhotosNotJoined(error.reason) from error
    assert joined is not None
    row_id = new_id()
    stored = await objects.put_bytes(
        row_key(identity.patient_id, draft_id, row_id, new_id()), joined.content, joined.media_type
    )
    row = _joined_row(draft, row_id, stored, at)

    async def work(tx: Tx) -> None:
        for photo in photos:
            there = await store.draft_row(identity.patient_id, draft_id, photo.id, tx)
            await store.remove_draft_row(tx, there)
        await store.add_draft_rows(tx, draft, [row])
        note(tx, identity, "photos-joined", "draft", draft_id)

    await store.transact(work)


def _joined_row(draft: Draft, row_id: str, stored: StoredObject, at: datetime) -> DraftRow:
    return DraftRow(
        id=row_id,
        patient_id=draft.patient_id,
        draft_id=draft.id,
        source=RowSource.UPLOAD,
        state=RowState.READY,
        filename="Photos.pdf",
        media_type="application/pdf",
        size=stored.size,
        sha256=stored.sha256,
        object_key=stored.key,
        requested_at=at,
    )


async def _head(objects: Objects, row: DraftRow) -> bytes:
    head = b""
    async for chunk in _pieces(objects, row):
        head += chunk
        if len(head) >= HEAD_SIZE:
            break
    return head[:HEAD_SIZE]


async def _pieces(objects: Objects, row: DraftRow) -> Chunks:
    for key in row.upload.pieces if row.upload else ():
        async with objects.open(key) as stream:
            async for chunk in stream.chunks():
                yield chunk
