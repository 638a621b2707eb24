"""The list of documents, one document, and its bytes."""

from typing import Any

from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Template

from chassis import web
from chassis.document_types import LABELS
from documents.web.access import GivenObjects, GivenStore, PatientRequest, known_patient, own_document, record
from documents.web.asked import asked_listing, query_for


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
    async def document(self, request: PatientRequest, store: GivenStore, document_id: FromPath[str]) -> Template:
        """What is known of one document."""
        patient = await known_patient(request, store)
        document = await own_document(request, store, document_id)
        return web.page("document.html", document=document, added_by=patient.name, labels=LABELS)

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
