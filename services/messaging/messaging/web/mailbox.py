"""The mailbox: its page, the list of conversations, the unread badge, and news of both."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.response import Stream, Template

from chassis import web
from chassis.web.asking import page_before
from messaging.domain.drafting import tick_of
from messaging.mailbox import count_unread, who_wrote
from messaging.web.asking import GivenStore, PatientRequest
from messaging.web.listing import list_shown
from messaging.web.live import MailboxNews


class MailboxPages(Controller):
    """`/messagerie` and what its page fetches again."""

    path = "/messagerie"

    @get("/")
    async def mailbox(self, request: PatientRequest, store: GivenStore) -> Template:
        """The address, the list, and nothing opened."""
        return web.page("mailbox.html", list=await list_shown(request, store, request.user))

    @get("/liste")
    async def rows(self, request: PatientRequest, store: GivenStore) -> Response[None] | Template:
        """The list, for a page that shows an older one; nothing (204) when it is still the same."""
        current = request.query_params.get("ouverte") or None
        shown = await list_shown(request, store, request.user, current=current)
        if request.query_params.get("revision") == str(shown.view.mailbox.revision):
            return web.unchanged()
        return web.fragment("list.html", list=shown)

    @get("/professionnels")
    async def professionals(self, request: PatientRequest, store: GivenStore) -> Template:
        """Who has written, each with the way to their conversations."""
        people = await who_wrote(store, request.user)
        return web.page("professionals.html", people=[(tick_of(one.address), one.name) for one in people])

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
