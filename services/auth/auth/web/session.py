"""The session from a browser's side: renewed, kept alive, ended. Public: the session's cookie is the key."""

from urllib.parse import quote

from litestar import Controller, Response, get, post
from litestar.response import Redirect, Template

from auth.domain.redirects import HOME, local_path
from auth.usecases.sessions import Renewed, Sessions
from auth.web import cookies
from auth.web.asking import FORM_LIMIT, Asked, GivenSessions, caller_of
from chassis import web
from chassis.identity import SessionOver

CLEAR = {"clear-site-data": '"cache", "storage"'}


class SessionPages(Controller):
    """`/connexion/renouveler`, `/connexion/activite`, `/connexion/session`, `/connexion/deconnexion`."""

    path = "/connexion"
    opt = {"public": True}  # noqa: RUF012 Litestar reads it from the class
    request_max_body_size = FORM_LIMIT

    @get("/renouveler")
    async def renew_and_return(self, request: Asked, sessions: GivenSessions) -> Redirect:
        """A navigation with an expired token: a new one and back, or to log-in. It counts as activity."""
        wanted = local_path(request.query_params.get("vers"))
        secret = request.cookies.get(cookies.SESSION)
        renewed = await sessions.renew(secret, active=True)
        if renewed is None:
            return _log_in_again(wanted, had_session=secret is not None)
        answer = web.see_other(wanted)
        answer.set_cookie(cookies.token(renewed.token))
        return answer

    @post("/renouveler")
    async def renew(self, request: Asked, sessions: GivenSessions) -> Response[None]:
        """A fragment's or a stream's token expired: a new one (204), or `SessionOver` (401). No activity."""
        answer = web.unchanged()
        answer.set_cookie(cookies.token((await _renewed(request, sessions, active=False)).token))
        return answer

    @post("/activite", status_code=200)
    async def note_activity(self, request: Asked, sessions: GivenSessions) -> Response[dict[str, int]]:
        """The person typed, saved, sent or fetched a file: how long the session holds, or `SessionOver` (401)."""
        renewed = await _renewed(request, sessions, active=True)
        answer = Response(_time_left(renewed))
        answer.set_cookie(cookies.token(renewed.token))
        return answer

    @get("/session")
    async def how_long(self, request: Asked, sessions: GivenSessions) -> Response[dict[str, int]]:
        """How many seconds the session holds, `idle` and at the `longest`, or `SessionOver` (401). No activity."""
        return Response(_time_left(await _renewed(request, sessions, active=False)))

    @post("/deconnexion")
    async def log_out(self, request: Asked, sessions: GivenSessions) -> Template:
        """End the session everywhere; nothing of it stays in the browser."""
        session_id = request.user.session_id if request.user else None
        await sessions.log_out(request.cookies.get(cookies.SESSION), session_id, caller_of(request))
        request.scope["user"] = None
        answer = web.page("logged-out.html", headers=CLEAR)
        for cookie in cookies.of_log_out():
            answer.set_cookie(cookie)
        return answer

    @get("/deconnexion", sync_to_thread=False)
    def after_log_out(self) -> Redirect:
        """A reloaded or typed address: nothing to end by a GET."""
        return web.see_other(HOME)


async def _renewed(request: Asked, sessions: Sessions, *, active: bool) -> Renewed:
    renewed = await sessions.renew(request.cookies.get(cookies.SESSION), active=active)
    if renewed is None:
        raise SessionOver("no live session")
    return renewed


def _time_left(renewed: Renewed) -> dict[str, int]:
    return {"idle": renewed.idle, "longest": renewed.longest}


def _log_in_again(wanted: str, *, had_session: bool) -> Redirect:
    """To log-in and then on to `wanted`; the home page also speaks to who isn't logged in."""
    toast = "session-over" if had_session else None
    address = HOME if wanted == HOME else f"/connexion?vers={quote(wanted, safe='/')}"
    answer = web.see_other(address, toast=toast)
    for cookie in cookies.of_log_out():
        answer.set_cookie(cookie)
    return answer
