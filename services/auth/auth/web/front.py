"""The front page, Accueil, the help and the legal pages."""

from litestar import Controller, get
from litestar.response import Redirect, Template

from auth.web.asking import Asked, GivenSettings, GivenStore
from chassis import web
from chassis.web import TOKEN_COOKIE


class FrontPages(Controller):
    """What anybody may read."""

    opt = {"public": True}  # noqa: RUF012 Litestar reads it from the class

    @get("/")
    async def home(self, request: Asked, store: GivenStore) -> Template | Redirect:
        """Accueil for who is logged in, the front page for others; an expired token is renewed first."""
        if request.user is None:
            return _renew() if request.cookies.get(TOKEN_COOKIE) else web.page("front.html")
        account = await store.accounts.get(request.user.patient_id)
        if account is None:
            return web.page("front.html")
        return web.page(
            "home.html",
            person_name=account.short_name(),
            given_name=account.given_name,
            email_refused=account.email_refused_at is not None,
        )

    @get("/aide", sync_to_thread=False)
    def help(self, about: GivenSettings) -> Template:
        """The guide's chapters in short, and who helps."""
        return web.page("help.html", about=about)

    @get("/plan-du-site", sync_to_thread=False)
    def site_map(self) -> Template:
        """Every page that can be reached from the menu."""
        return web.page("site-map.html")

    @get("/accessibilite", sync_to_thread=False)
    def accessibility(self, about: GivenSettings) -> Template:
        """The declaration: state, contact, remedies."""
        return web.page("accessibility.html", about=about)

    @get("/mentions-legales", sync_to_thread=False)
    def legal(self, about: GivenSettings) -> Template:
        """Who publishes and hosts the service."""
        return web.page("legal.html", about=about)

    @get("/donnees-personnelles", sync_to_thread=False)
    def personal_data(self, about: GivenSettings) -> Template:
        """Who answers for the data, what is kept, which rights there are."""
        return web.page("personal-data.html", about=about)

    @get("/cookies", sync_to_thread=False)
    def cookies(self) -> Template:
        """Only necessary ones."""
        return web.page("cookies.html")

    @get("/a-propos", sync_to_thread=False)
    def about_us(self, about: GivenSettings) -> Template:
        """What this service is."""
        return web.page("about.html", about=about)


def _renew() -> Redirect:
    return web.see_other("/connexion/renouveler?vers=/")
