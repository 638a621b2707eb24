"""Files from the device: a plain form, or pieces with offsets that a script sends and goes on with after a cut."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from litestar import Controller, Response, get, patch, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from chassis.i18n import mark as _
from chassis.web.answers import toast_cookie
from chassis.web.forms import UnreadableFields, files_in
from chassis.web.ports import parts_of
from messaging.attaching import files_of
from messaging.domain.drafting import remaining
from messaging.domain.errors import MessagingError
from messaging.domain.model import DraftRow, RowState
from messaging.domain.uploading import FILE_BYTES, PIECE_BYTES, Announced, OffsetMismatch
from messaging.objects import Objects
from messaging.store import MessagingStore
from messaging.uploading import add_piece, announce, finish, upload_of
from messaging.web.asking import GivenDarkroom, GivenObjects, GivenStore, PatientRequest
from messaging.web.draft_page import address_of
from messaging.web.words import ROW_REFUSALS, ROW_REFUSED

FORM_BYTES = 2 * FILE_BYTES + 100_000
"""One form without scripts: it may hold several files, spooled to the disk while they come."""
READ_AT_ONCE = 256 * 1024
NOTHING_CHOSEN = _("Choisissez un fichier sur votre appareil.")
_NAME_AT_MOST = 1_000
_MARK_AT_MOST = 64


class AnnouncedForm(msgspec.Struct, kw_only=True):
    """What a script announces; `marque` tells the same file chosen again (its date of change)."""

    nom: str
    taille: int
    marque: str = ""


class Coming(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file has come: where to go on, and what became of it. `raison` is a sentence."""

    adresse: str
    recu: int
    taille: int
    etat: str
    raison: str | None = None


class Uploads(Controller):
    """`/messagerie/brouillons/<draft>/appareil` for people, `…/envois` for the page's script."""

    path = "/messagerie/brouillons"

    @get("/{draft_id:str}/appareil")
    async def device(self, request: PatientRequest, store: GivenStore, draft_id: FromPath[str]) -> Template:
        """The choice of files on the device."""
        return await _device_page(request, store, draft_id)

    @post("/{draft_id:str}/appareil", request_max_body_size=FORM_BYTES)
    async def send(
        self,
        request: PatientRequest,
        store: GivenStore,
        objects: GivenObjects,
        darkroom: GivenDarkroom,
        draft_id: FromPath[str],
    ) -> Redirect | Template:
        """The form without scripts: each file is taken, or said why not."""
        await files_of(store, request.user, draft_id)
        files = await files_in(request)
        if not files:
            return await _device_page(request, store, draft_id, [("", NOTHING_CHOSEN)])
        refused = []
        for file in files:
            try:
                row = await _take(request, store, objects, draft_id, file)
                await finish(store, objects, darkroom, request.user, row)
            except MessagingError as error:
                refused.append((file.filename, error.sentence))
            finally:
                await file.close()
        if refused:
            return await _device_page(request, store, draft_id, refused)
        return web.see_other(address_of(draft_id), toast="selection-added")

    @post("/{draft_id:str}/envois", request_max_body_size=10_000)
    async def announce(
        self, request: PatientRequest, store: GivenStore, draft_id: FromPath[str]
    ) -> Response[Coming]:
        """A file is about to come; one that was cut goes on."""
        form = await web.read_form(request, AnnouncedForm)
        if not form.nom or not 0 <= form.taille < 10**12:
            raise UnreadableFields("nom", "taille")
        wish = Announced(filename=form.nom[:_NAME_AT_MOST], size=form.taille, mark=form.marque[:_MARK_AT_MOST])
        row = await announce(store, request.user, draft_id, wish, at=now())
        return _coming(request, row, status=201)

    @get("/{draft_id:str}/envois/{row_id:str}")
    async def progress(
        self, request: PatientRequest, store: GivenStore, draft_id: FromPath[str], row_id: FromPath[str]
    ) -> Response[Coming]:
        """Where to go on."""
        return _coming(request, await upload_of(store, request.user, draft_id, row_id))

    @patch("/{draft_id:str}/envois/{row_id:str}", request_max_body_size=PIECE_BYTES)
    async def piece(
        self,
        request: PatientRequest,
        store: GivenStore,
        objects: GivenObjects,
        darkroom: GivenDarkroom,
        *,
        draft_id: FromPath[str],
        row_id: FromPath[str],
    ) -> Response[Coming]:
        """Bytes from `Upload-Offset` on; the last ones make the file. At another offset: 409, where to go on."""
        row = await upload_of(store, request.user, draft_id, row_id)
        try:
            row = await add_piece(store, objects, row, _offset(request), request.stream(), at=now())
        except OffsetMismatch:
            return _coming(request, await upload_of(store, request.user, draft_id, row_id), status=409)
        row = await finish(store, objects, darkroom, request.user, row)
        answer = _coming(request, row)
        if row.state is RowState.READY:
            answer.cookies.append(toast_cookie("selection-added"))  # for the page the script goes on to
        return answer


async def _take(
    request: PatientRequest, store: MessagingStore, objects: Objects, draft_id: str, file: UploadFile
) -> DraftRow:
    size = await _size_of(file)
    wish = Announced(filename=file.filename[:_NAME_AT_MOST], size=size, mark="")
    row = await announce(store, request.user, draft_id, wish, at=now())
    await file.seek(row.upload.received if row.upload else 0)
    while row.upload is not None and not row.upload.complete:
        row = await add_piece(store, objects, row, row.upload.received, _part(file), at=now())
    return row


async def _part(file: UploadFile) -> AsyncIterator[bytes]:
    """The next piece of a spooled file."""
    left = PIECE_BYTES
    while left > 0 and (chunk := await file.read(min(READ_AT_ONCE, left))):
        left -= len(chunk)
        yield chunk


async def _size_of(file: UploadFile) -> int:
    spooled = file.file
    return spooled.seek(0, 2)


async def _device_page(
    request: PatientRequest, store: MessagingStore, draft_id: str, refused: Sequence[tuple[str, str]] = ()
) -> Template:
    rows = await files_of(store, request.user, draft_id)
    say = parts_of(request).languages.gettext
    sentences = [f"{name} – {say(sentence)}" if name else say(sentence) for name, sentence in refused]
    return web.page(
        "device.html",
        status=409 if refused else 200,
        draft_id=draft_id,
        left=max(0, remaining(rows)),
        errors={"fichier": " ".join(sentences)} if sentences else {},
    )


def _offset(request: PatientRequest) -> int:
    told = request.headers.get("upload-offset", "")
    if not (told.isascii() and told.isdigit() and len(told) < 12):
        raise UnreadableFields("Upload-Offset")
    return int(told)


def _coming(request: PatientRequest, row: DraftRow, status: int = 200) -> Response[Any]:
    say = parts_of(request).languages.gettext
    refused = row.state is RowState.REFUSED
    coming = Coming(
        adresse=f"{address_of(row.draft_id)}/envois/{row.id}",
        recu=row.upload.received if row.upload else row.size,
        taille=row.upload.size if row.upload else row.size,
        etat=row.state,
        raison=say(ROW_REFUSALS.get(row.reason or "", ROW_REFUSED)) if refused else None,
    )
    return Response(msgspec.json.encode(coming), status_code=status, media_type="application/json")
