"""An unsafe request must come from our own pages: Fetch Metadata, else the Origin header; no token in forms."""

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from chassis.errors import CrossSiteRequest
from chassis.web.ports import UNSAFE


class SameOrigin(ASGIMiddleware):
    """Refuses what another site, or nobody knows which, makes a browser send."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, public_origin: str) -> None:
        self._origin = public_origin.rstrip("/")

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let safe requests and our own through. Raises `CrossSiteRequest` for the rest."""
        if scope.get("method") in UNSAFE and not comes_from(Headers.from_scope(scope), self._origin):
            raise CrossSiteRequest
        await next_app(scope, receive, send)


def comes_from(headers: Headers, origin: str) -> bool:
    """Whether one of `origin`'s own pages sent this.

    `Sec-Fetch-Site` decides where the browser sends it (`same-site` and `none` are refused), else `Origin`.
    The Host header says nothing: a request chooses it.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return headers.get("origin") == origin
