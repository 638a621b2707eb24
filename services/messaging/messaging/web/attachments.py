"""Received attachments: seen, downloaded, kept among the patient's documents."""

from datetime import timedelta
from functools import partial
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from chassis.errors import NotFound
from chassis.keeping import Wish, faults
from chassis.previews.pages import page_picture
from chassis.web.dates import local
from chassis.web.downloads import Chunks
from chassis.web.keep_form import CHOOSE, KeepForm, sentences, shown
from contracts.keeping import proposed_title
from messaging.access import record
from messaging.domain.model import Attachment, Keep, KeepState, Message
from messaging.keeping import NotKeepable, Received, keep, keep_of, open_attachment, settled
from messaging.web import words
from messaging.web.asking import (
    GivenObjects,
    GivenOriginals,
    GivenPreviewer,
    GivenStore,
    PatientRequest,
    known_patient,
)
from messaging.web.previews import PDF, SHOWN_PICTURES, first_page_of, preview_of, whole
from messaging.web.shown import kind_of_file

PICTURES = SHOWN_PICTURES | {"image/gif", "image/webp"}
"""What may be shown in place; the last two only inside a letter's HTML."""
SLOW = timedelta(seconds=60)
ANSWER_SOON = 1.5
"""Seconds for which "Ajouter" waits for documents' answer before a page says that it goes on."""


class AttachmentPages(Controller):
    """`/messagerie/pieces/<message>/<attachment>…` and `/messagerie/ajouts/<request>`."""

    path = "/messagerie"

    @get("/pieces/{message_id:str}/{attachment_id:str}")
    async def attachment(
        self,
        request: PatientRequest,
        store: GivenStore,
        objects: GivenObjects,
        previewer: GivenPreviewer,
        *,
        message_id: FromPath[str],
        attachment_id: FromPath[str],
    ) -> Template:
        """What can be seen of the file, and what can be done with it."""
        received = await open_attachment(store, request.user, message_id, attachment_id)
        await known_patient(request, store)
        keeps = await store.keeps(request.user.patient_id, [message_id])
        preview = await preview_of(objects, previewer, received, request.query_params)
        if preview.shows:
            await record(store, request.user, "attachment-shown", "attachment", attachment_id)
        return web.page(
            "attachment.html",
            received=received,
            kind=kind_of_file(received.attachment),
            kept=_latest(keeps, attachment_id),
            preview=preview,
            downloaded_only=words.DOWNLOADED_ONLY,
        )

    @get("/pieces/{message_id:str}/{attachment_id:str}/fichier")
    async def download(
        self,
        request: PatientRequest,
        store: GivenStore,
        originals: GivenOriginals,
        message_id: FromPath[str],
        attachment_id: FromPath[str],
    ) -> Response[Any]:
        """The file itself, as a download; in one that is a message other patients' addresses are masked."""
        received = await open_attachment(store, request.user, message_id, attachment_id)
        patient = await known_patient(request, store)
        await record(store, request.user, "attachment-downloaded", "attachment", attachment_id)
        chunks = partial(originals.file, received.attachment, patient.mailbox_address)
        return await _bytes(request, chunks, received.attachment)

    @get("/pieces/{message_id:str}/{attachment_id:str}/apercu")
    async def picture(
        self,
        request: PatientRequest,
        store: GivenStore,
        objects: GivenObjects,
        message_id: FromPath[str],
        attachment_id: FromPath[str],
    ) -> Response[Any]:
        """A picture, for its own page or for a letter's HTML."""
        received = await open_attachment(store, request.user, message_id, attachment_id)
        if received.attachment.media_type not in PICTURES:
            raise NotFound(f"attachment {attachment_id} is no picture")
        chunks = partial(objects.chunks, received.attachment.object_key)
        return await _bytes(request, chunks, received.attachment, inline=True)

    @get("/pieces/{message_id:str}/{attachment_id:str}/pages/{number:str}")
    async def page_of_pdf(
        self,
        request: PatientRequest,
        store: GivenStore,
        objects: GivenObjects,
        previewer: GivenPreviewer,
        *,
        message_id: FromPath[str],
        attachment_id: FromPath[str],
        number: FromPath[str],
    ) -> Response[bytes]:
        """A page of a PDF as a picture."""
        received = await open_attachment(store, request.user, message_id, attachment_id)
        if received.attachment.media_type != PDF:
            raise NotFound(f"attachment {attachment_id} has no pages")
        pdf = whole(objects, received.attachment)
        return await page_picture(previewer, pdf, number, request.query_params)

    @get("/pieces/{message_id:str}/{attachment_id:str}/ajouter")
    async def keep_dialog(
        self, request: PatientRequest, store: GivenStore, message_id: FromPath[str], attachment_id: FromPath[str]
    ) -> Template:
        """The dialog that asks under what name, date and type the file is to be kept."""
        received = await open_attachment(store, request.user, message_id, attachment_id)
        if not received.may_be_kept:
            raise NotKeepable(received.attachment.media_type)
        await known_patient(request, store)
        wish = Wish(
            title=proposed_title(received.attachment.filename),
            dated=local(received.message.at).date(),
            type_code=CHOOSE,
            masked=False,
        )
        return _dialog(received, wish, {})

    @post("/pieces/{message_id:str}/{attachment_id:str}/ajouter", request_max_body_size=20_000)
    async def ask_to_keep(
        self,
        request: PatientRequest,
        store: GivenStore,
        objects: GivenObjects,
        message_id: FromPath[str],
        attachment_id: FromPath[str],
    ) -> Redirect | Template:
        """Hand the file over to documents, or say what is to be mended first."""
        form = await web.read_form(request, KeepForm)
        received = await open_attachment(store, request.user, message_id, attachment_id)
        await known_patient(request, store)
        wish = form.wish
        found = faults(wish, local(now()).date())
        if found:
            return _dialog(received, wish, found, typed_date=form.date, status=422)
        wanted = await keep(store, objects, request.user, received, wish, at=now())
        wanted = await settled(store, wanted, ANSWER_SOON)
        if wanted.state is KeepState.ADDED:
            return web.see_other(_conversation(received.message), toast="document-added", about=wanted.document_id)
        return web.see_other(f"/messagerie/ajouts/{wanted.id}")

    @get("/ajouts/{keep_id:str}")
    async def kept(
        self, request: PatientRequest, store: GivenStore, keep_id: FromPath[str]
    ) -> Redirect | Response[None] | Template:
        """How far keeping a file has come; once it is there, back to the conversation."""
        wanted = await keep_of(store, request.user, keep_id)
        message = await store.message(request.user.patient_id, wanted.message_id)
        if wanted.state is KeepState.ADDED:
            go = web.leave_for if web.fetch_is_fragment(request) else web.see_other
            return go(_conversation(message), toast="document-added", about=wanted.document_id)
        shown: dict[str, Any] = {
            "keep": wanted,
            "late": now() - wanted.requested_at > SLOW,
            "refusal": words.KEEP_REFUSALS.get(wanted.reason or "", words.KEEP_REFUSED),
        }
        if web.fetch_is_fragment(request):
            return web.fragment("keep-state.html", **shown)
        return web.page("kept.html", message=message, **shown)


def _conversation(message: Message) -> str:
    return f"/messagerie/conversations/{message.conversation_id}"


def _latest(keeps: list[Keep], attachment_id: str) -> Keep | None:
    return next((one for one in reversed(keeps) if one.attachment_id == attachment_id), None)


async def _bytes(
    request: PatientRequest, chunks: Chunks, attachment: Attachment, *, inline: bool = False
) -> Response[Any]:
    return await web.byte_stream(
        request,
        chunks,
        size=attachment.size,
        filename=attachment.filename,
        media_type=attachment.media_type,
        inline=inline,
        etag=attachment.sha256,
    )


def _dialog(
    received: Received,
    wish: Wish,
    found: dict[str, str],
    *,
    typed_date: str | None = None,
    status: int = 200,
) -> Template:
    return web.page(
        "keep.html",
        status=status,
        received=received,
        first_page=first_page_of(received),
        fields=shown(wish, typed_date),
        errors=sentences(found),
    )
