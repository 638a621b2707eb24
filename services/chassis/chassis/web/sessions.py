"""Who asks: every route needs a live session, unless its handler says `opt={"public": True}`."""

from typing import Any

from litestar import Request, post
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.response import Redirect, Template
from litestar.types import ASGIApp, Receive, Scope, Send

from chassis.errors import BackingServiceAway, LogInNeeded
from chassis.identity import TokenMissing
from chassis.web.answers import see_other
from chassis.web.asking import wants_page
from chassis.web.kept import Form, Keeper, read_typed
from chassis.web.ports import TOKEN_COOKIE, UNSAFE, Guard
from chassis.web.problems import renewal_of

GIVEN_BACK = "pli_given_back"
"""In a request's state: what was kept is with its page again, and the cookie can go."""
REFUSAL = "pli_refusal"
"""In a request's state, on public routes: why there is no identity."""


class Sessions(ASGIMiddleware):
    """Puts the `Identity` in `request.user`; None only where the route is public."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, guard: Guard, keeper: Keeper) -> None:
        self._guard = guard
        self._keeper = keeper

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Go on with the person's identity. Raises `LogInNeeded`, or keeps what a form holds and says so."""
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        scope["auth"] = scope["user"] = None
        try:
            scope["user"] = self._guard.identify(
                request.cookies.get(TOKEN_COOKIE), unsafe=request.method in UNSAFE
            )
        except LogInNeeded as refusal:
            if not is_public(request):
                await self._refuse(request, refusal)
                return
            scope["state"][REFUSAL] = refusal
        else:
            await self._mind_what_is_kept(request)
        await next_app(scope, receive, send)

    async def _mind_what_is_kept(self, request: "Request[Any, Any, Any]") -> None:
        patient = request.user.patient_id
        if request.method not in UNSAFE:
            await self._keeper.give_back(request, patient)
        elif not is_public(request):
            request.scope["state"][GIVEN_BACK] = await self._keeper.forget(request, patient)

    async def _refuse(self, request: "Request[Any, Any, Any]", refusal: LogInNeeded) -> None:
        if not self._guard.keys_loaded and not isinstance(refusal, TokenMissing):
            raise BackingServiceAway("keys") from refusal
        if request.method not in UNSAFE or not wants_page(request):
            raise refusal
        form = await read_typed(request)
        answer = await kept_page(self._keeper, form, _patient_of(refusal))
        await answer.to_asgi_response(app=None, request=request)(request.scope, request.receive, request.send)


def keeping_route(prefix: str, keeper: Keeper) -> HTTPRouteHandler:
    """`<prefix>/_saisie`: where a page's script brings what was typed when it finds that the session has ended.

    Public: the token says whose it is, however old; without one the page shows what was typed, to be copied.
    """

    @post(f"{prefix.rstrip('/')}/_saisie", opt={"public": True}, name="keep what was typed")
    async def keep(request: Request[Any, Any, Any]) -> Redirect | Template:
        form = await read_typed(request)
        patient = request.user.patient_id if request.user else _patient_of(request.scope["state"].get(REFUSAL))
        cookie = await keeper.keep(form, patient)
        if cookie is None:
            return await kept_page(keeper, form, None)
        answer = see_other(renewal_of(form.page))
        answer.set_cookie(cookie)
        return answer

    return keep


async def kept_page(keeper: Keeper, form: Form, patient_id: str | None) -> Template:
    """The page that says the session has ended; it shows what was typed only if that could not be kept."""
    cookie = await keeper.keep(form, patient_id)
    context = {
        "kept": cookie is not None,
        "typed": [] if cookie else form.typed(keeper.labels),
        "log_in": renewal_of(form.page or "/"),
    }
    answer = Template("session-over.html", context=context, status_code=LogInNeeded.status)
    if cookie:
        answer.set_cookie(cookie)
    return answer


def is_public(request: "Request[Any, Any, Any]") -> bool:
    """Whether the handler says that anybody may ask."""
    return request.scope["route_handler"].opt.get("public") is True


def _patient_of(refusal: LogInNeeded | None) -> str | None:
    return getattr(refusal, "patient_id", None)
