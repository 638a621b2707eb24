"""The pieces of the home page that tell of the documents."""

from litestar import Controller, get
from litestar.response import Template

from chassis import web
from documents.domain.listing import Listing
from documents.web.access import GivenStore, PatientRequest, known_patient

SHOWN = 3
PRESCRIPTIONS = "prescriptions-care"


class OverviewPieces(Controller):
    """`/documents/accueil` and `/documents/accueil/ordonnances`, fetched by the home page."""

    path = "/documents/accueil"

    @get("/")
    async def latest(self, request: PatientRequest, store: GivenStore) -> Template:
        """The latest documents."""
        return await _piece("overview.html", request, store, Listing())

    @get("/ordonnances")
    async def prescriptions(self, request: PatientRequest, store: GivenStore) -> Template:
        """The latest prescriptions."""
        return await _piece("overview-prescriptions.html", request, store, Listing(type_code=PRESCRIPTIONS))


async def _piece(template: str, request: PatientRequest, store: GivenStore, listing: Listing) -> Template:
    patient = await known_patient(request, store)
    found = await store.page(patient.id, listing, SHOWN)
    return web.fragment(template, documents=found.documents)
