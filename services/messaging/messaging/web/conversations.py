"""A conversation: its page, a letter's own document and original, and beginning a reply."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from chassis.errors import NotFound
from chassis.web.downloads import Chunks
from messaging.access import record
from messaging.conversations import Moved, Opened, mark_shown, open_conversation, open_message
from messaging.domain.addresses import Domains
from messaging.domain.errors import ReplyBlocked
from messaging.domain.model import Delivery, Message
from messaging.drafts import begin_reply
from messaging.objects import Objects
from messaging.store import MessagingStore
from messaging.web import words
from messaging.web.asking import GivenDomains, GivenObjects, GivenStore, PatientRequest, is_prefetch
from messaging.web.letter_frame import letter_html
from messaging.web.mailbox import list_shown
from messaging.web.shown import StatesShown, delivery_shown, initials, is_settled, names

HTML_AT_MOST = 30_000_000
"""Bytes of a letter's sanitised HTML; letters are under 25,000,000."""


class ReplyForm(msgspec.Struct, kw_only=True):
    """Which button was pressed: "Répondre" or "Répondre à tous"."""

    a: Literal["expediteur", "tous"]


class ConversationPages(Controller):
    """`/messagerie/conversations/…` and `/messagerie/messages/…`."""

    path = "/messagerie"

    @get("/conversations/{conversation_id:str}")
    async def conversation(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, conversation_id: FromPath[str]
    ) -> Redirect | Template:
        """The conversation beside the list. Its letters are read once it is really shown."""
        try:
            opened = await open_conversation(store, domains, request.user, conversation_id)
        except Moved as moved:
            return web.see_other(f"/messagerie/conversations/{moved.conversation_id}")
        if not is_prefetch(request):
            await mark_shown(store, request.user, opened, now())
        shown = await list_shown(request, store, request.user, current=opened.conversation.id)
        return web.page("conversation.html", list=shown, **_context(opened))

    @get("/messages/{message_id:str}/corps")
    async def body(
        self, request: PatientRequest, store: GivenStore, objects: GivenObjects, message_id: FromPath[str]
    ) -> Response[str]:
        """A letter's sanitised HTML, as a document of its own for the frame."""
        message = await open_message(store, request.user, message_id)
        if message.html_key is None:
            raise NotFound(f"message {message_id} has no HTML")
        html = await objects.read(message.html_key, HTML_AT_MOST)
        font = web.static_address(request, "atkinson.woff2")
        return web.letter_document(letter_html(message, html.decode("utf-8", "replace"), font=font))

    @get("/messages/{message_id:str}/lettre.eml")
    async def original(
        self, request: PatientRequest, store: GivenStore, objects: GivenObjects, message_id: FromPath[str]
    ) -> Response[Any]:
        """The letter as received, other patients' addresses masked."""
        message = await open_message(store, request.user, message_id)
        if message.original_key is None:
            raise NotFound(f"message {message_id} has no original")
        size = await objects.size(message.original_key)
        await record(store, request.user, "original-downloaded", "message", message.id)
        return await web.byte_stream(
            request,
            object_chunks(objects, message.original_key),
            size=size,
            filename="lettre.eml",
            media_type="message/rfc822",
        )

    @get("/messages/{message_id:str}/etats")
    async def states(self, request: PatientRequest, store: GivenStore, message_id: FromPath[str]) -> Template:
        """How far a reply has come, for a page that shows it."""
        message = await open_message(store, request.user, message_id)
        deliveries = await store.deliveries(request.user.patient_id, [message.id])
        return web.fragment("states.html", message=message, states=_states(message, deliveries))

    @post("/conversations/{conversation_id:str}/reponse", request_max_body_size=2_000)
    async def reply(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, conversation_id: FromPath[str]
    ) -> Redirect | Template:
        """Go to the conversation's one draft, made now if there is none."""
        form = await web.read_form(request, ReplyForm)
        try:
            begun = await begin_reply(
                store, domains, request.user, conversation_id, to_all=form.a == "tous", at=now()
            )
        except ReplyBlocked as error:
            return await _blocked(request, store, domains, conversation_id, error)
        toast = "recipients-changed" if begun.changed else None
        return web.see_other(f"/messagerie/brouillons/{begun.draft.id}", toast=toast)


async def _blocked(
    request: PatientRequest,
    store: MessagingStore,
    domains: Domains,
    conversation_id: str,
    error: ReplyBlocked,
) -> Template:
    opened = await open_conversation(store, domains, request.user, conversation_id)
    return web.page(
        "reply-blocked.html",
        status=error.status,
        conversation_id=conversation_id,
        ended=opened.ended,
        reason=words.BLOCKED_WORDS.get(error.blocked, error.sentence),
    )


def _context(opened: Opened) -> dict[str, Any]:
    def states_of(message: Message) -> StatesShown:
        return _states(message, opened.deliveries_of(message))

    return {"opened": opened, "states_of": states_of, "initials": initials, "names": names}


def _states(message: Message, deliveries: Sequence[Delivery]) -> StatesShown:
    at = now()
    rows = tuple(delivery_shown(delivery, at) for delivery in deliveries)
    return StatesShown(rows=rows, settled=is_settled(deliveries))


def object_chunks(objects: Objects, key: str) -> Chunks:
    """How an object is read for a download, from any place in it."""

    async def chunks(offset: int, length: int) -> AsyncIterator[bytes]:
        async with objects.open(key, offset, length) as stream:
            async for chunk in stream.chunks():
                yield chunk

    return chunks
