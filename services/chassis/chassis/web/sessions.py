"""Who asks: every route needs a live session, unless its handler says `opt={"public": True}`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.response import Template
from litestar.types import ASGIApp, Receive, Scope, Send

from chassis.errors import BackingServiceAway, LogInNeeded, UnreadableForm
from chassis.identity import TokenMissing
from chassis.web.asking import page_before, wants_page
from chassis.web.forms import text_fields
from chassis.web.ports import TOKEN_COOKIE, UNSAFE, Guard
from chassis.web.problems import renewal_of

_SECRET = re.compile(r"pass|code|secret|otp", re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Typed:
    """A field that a person filled in, to be shown back."""

    label: str
    text: str


class Sessions(ASGIMiddleware):
    """Puts the `Identity` in `request.user`; None only where the route is public."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Go on with the person's identity. Raises `LogInNeeded`, or answers a form with what was typed."""
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
        await next_app(scope, receive, send)

    async def _refuse(self, request: "Request[Any, Any, Any]", refusal: LogInNeeded) -> None:
        if not self._guard.keys_loaded and not isinstance(refusal, TokenMissing):
            raise BackingServiceAway("keys") from refusal
        if request.method not in UNSAFE or not wants_page(request):
            raise refusal
        answer = await _session_over(request)
        await answer.to_asgi_response(app=None, request=request)(request.scope, request.receive, request.send)


def is_public(request: "Request[Any, Any, Any]") -> bool:
    """Whether the handler says that anybody may ask."""
    return request.scope["route_handler"].opt.get("public") is True


async def _session_over(request: "Request[Any, Any, Any]") -> Template:
    """The page that gives back what was typed when the session had ended (files excepted)."""
    labels = request.scope["route_handler"].opt.get("labels", {})
    context = {
        "typed": await _typed(request, labels),
        "log_in": renewal_of(page_before(request) or "/"),
    }
    return Template("session-over.html", context=context, status_code=LogInNeeded.status)


async def _typed(request: "Request[Any, Any, Any]", labels: Mapping[str, str]) -> list[Typed]:
    try:
        fields = await text_fields(request)
    except UnreadableForm:
        return []
    wanted = labels or {name: name for name in fields if not _SECRET.search(name)}
    return [
        Typed(label, text)
        for name, label in wanted.items()
        for text in fields.get(name, [])
        if text.strip() and not _ID.fullmatch(text)
    ]
