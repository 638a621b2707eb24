"""The list of documents, one document, and its bytes."""

from typing import Any

from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Template

from chassis import web
from chassis.document_types import LABELS
from chassis.errors import NotFound
from chassis.formats import Format
from chassis.previews.pages import page_picture
from documents.web.access import (
    GivenObjects,
    GivenPreviewer,
    GivenStore,
    PatientRequest,
    known_patient,
    own_document,
    record,
)
from documents.web.asked import asked_listing, query_for
from documents.web.previews import PICTURES, chunks_of, preview_of


class DocumentPages(Controller):
    """`/documents`: what the patient has, newest first."""

    path = "/documents"

    @get("/")
    async def listing(self, request: PatientRequest, store: GivenStore) -> Template:
        """Fifty documents, in the order and of the type that were asked for."""
        patient = await known_patient(request, store)
        listing = asked_listing(request.query_params)
        found = await store.page(patient.id, listing)
        return web.page(
            "documents.html",
            documents=found.documents,
            total=found.total,
            next_query=query_for(listing, after=found.next) if found.next else None,
            first_query=query_for(listing),
            listing=listing,
            added_by=patient.name,
            labels=LABELS,
        )

    @get("/{document_id:str}")
    async def document(
        self,
        request: PatientRequest,
        store: GivenStore,
        objects: GivenObjects,
        previewer: GivenPreviewer,
        *,
        document_id: FromPath[str],
    ) -> Template:
        """One document: what it looks like, what is known of it, and who has it."""
        patient = await known_patient(request, store)
        document = await own_document(request, store, document_id)
        preview = await preview_of(objects, previewer, document, request.query_params)
        if preview.shows:
            await record(request, store, "document-viewed", document.id)
        return web.page(
            "document.html",
            document=document,
            preview=preview,
            sendings=await store.sendings(patient.id, document.id),
            added_by=patient.name,
            labels=LABELS,
        )

    @get("/{document_id:str}/pages/{number:str}")
    async def page_of_pdf(
        self,
        request: PatientRequest,
        store: GivenStore,
        objects: GivenObjects,
        previewer: GivenPreviewer,
        *,
        document_id: FromPath[str],
        number: FromPath[str],
    ) -> Response[bytes]:
        """A page of a PDF as a picture."""
        document = await own_document(request, store, document_id)
        if document.format is not Format.PDF:
            raise NotFound(f"document {document_id} has no pages")
        return await page_picture(previewer, chunks_of(objects, document), number, request.query_params)

    @get("/{document_id:str}/apercu")
    async def picture(
        self, request: PatientRequest, store: GivenStore, objects: GivenObjects, document_id: FromPath[str]
    ) -> Response[Any]:
        """A document that is a picture, for its page."""
        document = await own_document(request, store, document_id)
        if document.format not in PICTURES:
            raise NotFound(f"document {document_id} is no picture")
        return await web.byte_stream(
            request,
            lambda offset, length: objects.chunks(document.object_key, offset, length),
            size=document.size,
            filename=document.filename,
            media_type=document.format.value,
            inline=True,
            etag=document.sha256,
        )

    @get("/{document_id:str}/telecharger")
    async def download(
        self, request: PatientRequest, store: GivenStore, objects: GivenObjects, document_id: FromPath[str]
    ) -> Response[Any]:
        """The bytes of a document, or the range asked for; recorded once, not for each range."""
        document = await own_document(request, store, document_id)
        if _begins(request):
            await record(request, store, "document-downloaded", document.id)
        return await web.byte_stream(
            request,
            lambda offset, length: objects.chunks(document.object_key, offset, length),
            size=document.size,
            filename=document.filename,
            media_type=document.format.value,
            etag=document.sha256,
        )


def _begins(request: PatientRequest) -> bool:
    """Whether this asks for the beginning: going on with a cut download is not another one."""
    asked = request.headers.get("range", "bytes=0-")
    return asked.replace(" ", "").startswith("bytes=0-")
