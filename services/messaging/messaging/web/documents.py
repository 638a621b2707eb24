"""Structured documents and attached messages in words, as a page of their attachment."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from chassis import web
from messaging.keeping import open_attachment
from messaging.letters.structured import Reads
from messaging.structured import DocumentReader
from messaging.web.asking import GivenStore, PatientRequest, known_patient
from messaging.web.shown import kind_of_file

GivenReader = NamedDependency[DocumentReader]


class DocumentPages(Controller):
    """`/messagerie/pieces/<message>/<attachment>/document`."""

    path = "/messagerie"

    @get("/pieces/{message_id:str}/{attachment_id:str}/document")
    async def document(
        self,
        request: PatientRequest,
        store: GivenStore,
        reader: GivenReader,
        message_id: FromPath[str],
        attachment_id: FromPath[str],
    ) -> Template:
        """What the documents or the attached message say; of what cannot be shown, that it can be downloaded."""
        received = await open_attachment(store, request.user, message_id, attachment_id)
        patient = await known_patient(request, store)
        if received.attachment.reads == Reads.MESSAGE:
            nested = await reader.read_message(received, patient)
            return web.page("nested.html", nested=nested, received=received, kind_of_file=kind_of_file)
        readable = await reader.read(received, patient)
        return web.page("document.html", readable=readable, received=received, kind_of_file=kind_of_file)
