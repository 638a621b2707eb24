"""The piece of the home page that tells of the mailbox."""

from litestar import Controller, get
from litestar.response import Template

from chassis import web
from messaging.overview import overview
from messaging.web.asking import GivenStore, PatientRequest, known_patient


class OverviewPiece(Controller):
    """`/messagerie/accueil`, fetched by the home page."""

    path = "/messagerie"

    @get("/accueil")
    async def piece(self, request: PatientRequest, store: GivenStore) -> Template:
        """What is unread, and replies that did not arrive."""
        await known_patient(request, store)
        return web.fragment("overview.html", overview=await overview(store, request.user))
