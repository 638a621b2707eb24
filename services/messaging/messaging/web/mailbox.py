"""The mailbox: its page, the list of conversations, the unread badge, and news of both."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.response import Stream, Template

from chassis import web
from chassis.web.asking import page_before
from messaging.domain.drafting import tick_of
from messaging.domain.list_news import News, letters_since, news_since, read_look
from messaging.mailbox import count_unread, who_wrote
from messaging.web.asking import GivenStore, PatientRequest
from messaging.web.listing import list_shown
from messaging.web.live import MailboxNews
from messaging.web.shown import shared_names

BESIDE = {"HX-Retarget": "#nouveautes", "HX-Reswap": "innerHTML"}
"""What is new goes beside the list, not in its place."""


class MailboxPages(Controller):
    """`/messagerie` and what its page fetches again."""

    path = "/messagerie"

    @get("/")
    async def mailbox(self, request: PatientRequest, store: GivenStore) -> Template:
        """The address, the list, and nothing opened."""
        return web.page("mailbox.html", list=await list_shown(request, store, request.user))

    @get("/liste")
    async def rows(self, request: PatientRequest, store: GivenStore) -> Response[None] | Template:
        """The list for a page that shows it as it was; nothing (204) when it is still the same.

        When its rows would move, only that there is something new, and a button to see it: said once.
        """
        current = request.query_params.get("ouverte") or None
        shown = await list_shown(request, store, request.user, current=current)
        before, look = read_look(request.query_params.get("vue")), shown.view.look
        news = news_since(before, look, narrowed=shown.view.filters.any) if before else News.IN_PLACE
        if news is News.NONE or (before and request.query_params.get("dit") == str(look)):
            return web.unchanged()
        if before is None or news is News.IN_PLACE:
            return web.fragment("list.html", list=shown)
        return web.fragment(
            "list-news.html", headers=BESIDE, list=shown, letters=letters_since(before, look), rows=before.rows
        )

    @get("/professionnels")
    async def professionals(self, request: PatientRequest, store: GivenStore) -> Template:
        """Who has written, each with the way to their conversations."""
        people = await who_wrote(store, request.user)
        shared = shared_names(one.name for one in people)
        return web.page(
            "professionals.html",
            people=[
                (tick_of(one.address), one.name, one.address if one.name in shared else None) for one in people
            ],
        )

    @get("/non-lus")
    async def unread(self, request: PatientRequest, store: GivenStore) -> Template:
        """The badge beside "Messagerie"."""
        return web.fragment("unread.html", unread=await count_unread(store, request.user))

    @get("/flux")
    async def stream(self, request: PatientRequest, news: NamedDependency[MailboxNews]) -> Stream:
        """Says when the list and the badge should be fetched again."""
        return web.event_stream(request, news.follow(request.user.patient_id))

    @get("/echanges")
    async def exchanges(self, request: PatientRequest) -> Template:
        """What it means that a professional put an end to the exchange."""
        return web.page("exchanges.html", back=page_before(request) or "/messagerie")
