"""The piece of the home page that tells of the vaccinations."""

from litestar import Controller, get
from litestar.response import Template

from chassis import web
from synthesis.domain.sections import Section
from synthesis.web.access import GivenStore, PatientRequest, known_patient

SHOWN = 3


class OverviewPiece(Controller):
    """`/profil/accueil`, fetched by the home page."""

    path = "/profil"

    @get("/accueil")
    async def vaccinations(self, request: PatientRequest, store: GivenStore) -> Template:
        """The last vaccinations that were added."""
        patient = await known_patient(request, store)
        entries = (await store.profile(patient.id)).of(Section.VACCINATIONS)
        return web.fragment("overview.html", entries=entries[: -SHOWN - 1 : -1], slug=Section.VACCINATIONS.value)
