"""Every piece of the shell in every state, on one page, for developers and picture tests."""

from datetime import timedelta

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Template

from chassis.clock import now
from chassis.web.answers import page


def showcase_route(prefix: str) -> HTTPRouteHandler:
    """`/<prefix>/_pieces`, offered in development alone."""

    @get(f"{prefix.rstrip('/')}/_pieces", opt={"public": True}, sync_to_thread=False, name="pieces")
    def pieces() -> Template:
        days = (0, 1, 40, 400)
        return page("_pieces.html", instants=[now() - timedelta(days=count) for count in days])

    return pieces
