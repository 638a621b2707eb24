"""`/documents/ajouter`: a file from the patient's device, with its name, date, type and confidentiality."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from chassis.formats import HEAD_SIZE
from chassis.i18n import mark as _
from chassis.ids import new_id
from chassis.keeping import Wish, faults
from chassis.web.dates import local
from chassis.web.forms import files_in
from chassis.web.keep_form import CHOOSE, KeepForm, sentences, shown
from contracts.base import UUID_PATTERN
from contracts.keeping import proposed_title
from documents.adding import Brought, add_from_device, refusal_of
from documents.domain.document import Refusal
from documents.objects import DocumentObjects
from documents.store import DocumentsStore
from documents.web.access import GivenObjects, GivenStore, PatientRequest, known_patient
from documents.web.asked import asked_listing

FORM_BYTES = 30_000_000
"""Larger than a document may be, spooled to the disk: a photo that is too large is told so by a sentence."""
READ_AT_ONCE = 256 * 1024
NO_FILE = _("Choisissez un fichier sur votre appareil.")
CHOOSE_AGAIN = _("Choisissez de nouveau le fichier : il n'a pas été gardé.")
FILE_REFUSALS = {
    Refusal.EMPTY: _("Ce fichier est vide. Choisissez-en un autre."),
    Refusal.TOO_LARGE: _("Ce fichier est trop volumineux : un document fait moins de 5 Mo."),
    Refusal.FORMAT: _(
        "Ce format de fichier n'est pas accepté. Choisissez un fichier jpeg, jpg, png, pdf, rtf, tif, tiff ou txt."
    ),
}


class AddForm(KeepForm, kw_only=True):
    """`demande` names this opening of the page, so that a second press adds nothing."""

    demande: Annotated[str, msgspec.Meta(pattern=UUID_PATTERN)]


class Adding(Controller):
    """The page and its form."""

    path = "/documents/ajouter"

    @get("/")
    async def page(self, request: PatientRequest, store: GivenStore) -> Template:
        """What file, under what name, date and type; `categorie` in the address chooses the type beforehand."""
        await known_patient(request, store)
        type_code = asked_listing(request.query_params).type_code or CHOOSE
        wish = Wish(title="", dated=local(now()).date(), type_code=type_code, masked=False)
        return web.page("add.html", fields=shown(wish), request_id=new_id())

    @post("/", request_max_body_size=FORM_BYTES)
    async def add(self, request: PatientRequest, store: GivenStore, objects: GivenObjects) -> Redirect | Template:
        """Take the file, or say what is to be mended first."""
        await known_patient(request, store)
        uploads = await files_in(request)
        try:
            return await _answer(request, store, objects, uploads)
        finally:
            for each in uploads:
                await each.close()


async def _answer(
    request: PatientRequest, store: DocumentsStore, objects: DocumentObjects, uploads: Sequence[UploadFile]
) -> Redirect | Template:
    form = await web.read_form(request, AddForm)
    file = await _brought(uploads[0]) if uploads else None
    wish = _named(form.wish, file)
    errors = _errors(file, wish)
    if errors or file is None:
        shown_again = shown(wish, form.date)
        return web.page("add.html", status=422, fields=shown_again, request_id=form.demande, errors=errors)
    document = await add_from_device(store, objects, request.user, file, wish, request_id=form.demande, at=now())
    return web.see_other(f"/documents/{document.id}", toast="document-added")


def _named(wish: Wish, file: Brought | None) -> Wish:
    """Without a name of its own, a document is called like its file."""
    if wish.title.strip() or file is None:
        return wish
    return msgspec.structs.replace(wish, title=proposed_title(file.filename))


def _errors(file: Brought | None, wish: Wish) -> dict[str, str]:
    """Sentences by field, the file's first."""
    found = sentences(faults(wish, local(now()).date()))
    if file is None:
        return {"fichier": NO_FILE, **found}
    if (refusal := refusal_of(file)) is not None:
        return {"fichier": FILE_REFUSALS[refusal], **found}
    return {"fichier": CHOOSE_AGAIN, **found} if found else {}


async def _brought(upload: UploadFile) -> Brought:
    """The spooled file, read once for its hash."""
    digest, size, head = hashlib.sha256(), 0, b""
    async for chunk in _chunks(upload):
        digest.update(chunk)
        size += len(chunk)
        head = head or chunk[:HEAD_SIZE]
    return Brought(
        filename=upload.filename,
        size=size,
        sha256=digest.hexdigest(),
        head=head,
        chunks=lambda: _chunks(upload),
    )


async def _chunks(upload: UploadFile) -> AsyncIterator[bytes]:
    await upload.seek(0)
    while chunk := await upload.read(READ_AT_ONCE):
        yield chunk
