"""One message: a letter's own document and original, and that it was seen."""

from functools import partial
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from chassis import web
from chassis.clock import now
from chassis.errors import BackingServiceAway, NotFound
from chassis.i18n import mark as _
from chassis.web.dates import local
from chassis.web.ports import parts_of
from messaging.access import record
from messaging.conversations import mark_shown, open_message, open_readable
from messaging.letters.filenames import name_from
from messaging.web.asking import GivenObjects, GivenOriginals, GivenStore, PatientRequest, known_patient
from messaging.web.letter_frame import letter_html, letter_words

HTML_AT_MOST = 30_000_000
"""Bytes of a letter's sanitised HTML; letters are under 25,000,000."""
ONLY_WORDS = _("La mise en page de ce message est indisponible pour l'instant. Voici son texte.")


class MessagePages(Controller):
    """`/messagerie/messages/<message>/…`."""

    path = "/messagerie"

    @get("/messages/{message_id:str}/corps")
    async def body(
        self, request: PatientRequest, store: GivenStore, objects: GivenObjects, message_id: FromPath[str]
    ) -> Response[str]:
        """A letter's sanitised HTML, as a document of its own for the frame; its words while the HTML is away."""
        message = await open_readable(store, request.user, message_id)
        if message.html_key is None:
            raise NotFound(f"message {message_id} has no HTML")
        font = web.static_address(request, "atkinson.woff2")
        try:
            html = await objects.read(message.html_key, HTML_AT_MOST)
        except BackingServiceAway:
            note = parts_of(request).languages.gettext(ONLY_WORDS)
            return web.letter_document(letter_words(message, note, font=font))
        return web.letter_document(letter_html(message, html.decode("utf-8", "replace"), font=font))

    @get("/messages/{message_id:str}/lettre.eml")
    async def original(
        self,
        request: PatientRequest,
        store: GivenStore,
        originals: GivenOriginals,
        message_id: FromPath[str],
    ) -> Response[Any]:
        """The letter as received, other patients' addresses masked."""
        message = await open_readable(store, request.user, message_id)
        if message.raw_key is None:
            raise NotFound(f"message {message_id} has no original")
        patient = await known_patient(request, store)
        found = await originals.of(message.raw_key, patient.mailbox_address)
        await record(store, request.user, "original-downloaded", "message", message.id)
        return await web.byte_stream(
            request,
            partial(originals.chunks, found),
            size=found.size,
            filename=f"{local(message.at):%Y-%m-%d} {name_from(message.subject, 'lettre')}.eml",
            media_type="message/rfc822",
        )

    @post("/messages/{message_id:str}/lu", status_code=204, request_max_body_size=2_000)
    async def seen(self, request: PatientRequest, store: GivenStore, message_id: FromPath[str]) -> None:
        """A letter that came while its conversation was open has come into sight."""
        message = await open_message(store, request.user, message_id)
        await mark_shown(store, request.user, [message], now())
