"""A conversation: its page, what is fetched again of it while it is open, and beginning a reply."""

from typing import Any, Literal

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from chassis import web
from chassis.clock import now
from messaging.conversations import NEWEST, Moved, Opened, Stretch, mark_shown, open_conversation
from messaging.domain.addresses import Domains
from messaging.domain.disowning import may_be_taken_back
from messaging.domain.errors import ReplyBlocked
from messaging.domain.model import Message
from messaging.drafts import begin_reply
from messaging.store import MessagingStore
from messaging.web import words
from messaging.web.asking import (
    GivenDomains,
    GivenStore,
    PatientRequest,
    is_prefetch,
    known_patient,
    read_key,
)
from messaging.web.listing import list_shown
from messaging.web.shown import ConversationShown, initials, names
from messaging.web.states import states_shown


class ReplyForm(msgspec.Struct, kw_only=True):
    """Which button was pressed: "Répondre" or "Répondre à tous"."""

    a: Literal["expediteur", "tous"]


class ConversationPages(Controller):
    """`/messagerie/conversations/<conversation>…`."""

    path = "/messagerie"

    @get("/conversations/{conversation_id:str}")
    async def conversation(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, conversation_id: FromPath[str]
    ) -> Redirect | Template:
        """The conversation beside the list, or its older messages alone. What is really shown is read."""
        older_than = read_key(request.query_params.get("avant"))
        try:
            opened = await open_conversation(
                store, domains, request.user, conversation_id, Stretch(older_than=older_than)
            )
        except Moved as moved:
            return web.see_other(f"/messagerie/conversations/{moved.conversation_id}")
        if opened.conversation.trashed_at is not None:
            return web.see_other(f"/messagerie/corbeille/{opened.conversation.id}")
        if opened.conversation.messages == 0 and opened.drafts:
            return web.see_other(f"/messagerie/brouillons/{opened.drafts[0].id}")
        if not is_prefetch(request):
            await mark_shown(store, request.user, opened.messages, now())
        if web.fetch_is_fragment(request):
            await known_patient(request, store)
            return web.fragment("conversation-older.html", **_context(opened))
        shown = await list_shown(request, store, request.user, current=opened.conversation.id)
        return web.page("conversation.html", list=shown, newest=older_than is None, **_context(opened))

    @get("/conversations/{conversation_id:str}/arrivees")
    async def arrivals(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, conversation_id: FromPath[str]
    ) -> Response[None] | Template:
        """What came since the page was made, or nothing (204). It is read when it is seen, not when fetched."""
        key = read_key(request.query_params.get("apres"))
        if key is None:
            return web.unchanged()
        opened = await _opened(request, store, domains, conversation_id, Stretch(newer_than=key))
        if not opened.messages:
            return web.unchanged()
        await known_patient(request, store)
        return web.fragment("conversation-arrivals.html", **_context(opened))

    @get("/conversations/{conversation_id:str}/entete")
    async def head(
        self, request: PatientRequest, store: GivenStore, domains: GivenDomains, conversation_id: FromPath[str]
    ) -> Response[None] | Template:
        """Who may be answered, who ended, and the draft; nothing (204) while the page still says so."""
        opened = await _opened(request, store, domains, conversation_id)
        shown = _context(opened)
        if request.query_params.get("etat") == shown["shown"].head:
            return web.unchanged()
        await known_patient(request, store)
        return web.fragment("conversation-head.html", **shown)

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


async def _opened(
    request: PatientRequest,
    store: MessagingStore,
    domains: Domains,
    conversation_id: str,
    stretch: Stretch = NEWEST,
) -> Opened:
    """For a page that is open: a conversation merged into another meanwhile is found where it went."""
    try:
        return await open_conversation(store, domains, request.user, conversation_id, stretch)
    except Moved as moved:
        return await open_conversation(store, domains, request.user, moved.conversation_id, stretch)


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
    at = now()

    def states_of(message: Message) -> Any:
        return states_shown(opened.deliveries_of(message), at)

    return {
        "opened": opened,
        "shown": ConversationShown(opened=opened),
        "states_of": states_of,
        "may_be_taken_back": lambda message: may_be_taken_back(message, at),
        "initials": initials,
        "names": names,
    }
