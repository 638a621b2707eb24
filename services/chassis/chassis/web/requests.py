"""Around every request: its trace, its language, its figures, and what watches over those who wait for it."""

from collections.abc import Sequence
from time import perf_counter
from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Histogram

from chassis.telemetry import continuing
from chassis.watch import Somebody, Watch, before_somebody
from chassis.web.language import LANGUAGE_COOKIE, Languages

REQUESTS = Histogram(
    "pli_http_seconds",
    "from a request to the first byte of its answer",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


class Around(ASGIMiddleware):
    """Continues the gateway's trace, chooses the language, and times the answer by its route's pattern.

    Until the answer begins, what it needs is heeded by the watches.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, languages: Languages, watches: Sequence[Watch]) -> None:
        self._languages = languages
        self._watches = watches

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Go on, inside the trace."""
        asked: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope, receive)
        choose_language(asked, self._languages)
        with continuing(asked.headers.get("traceparent"), "http"), before_somebody(self._watches) as somebody:
            await next_app(scope, receive, _noting(scope, send, somebody))


def choose_language(asked: "ASGIConnection[Any, Any, Any, Any]", languages: Languages) -> None:
    """Use the language of who asks for the request under way."""
    languages.choose(asked.headers.get("accept-language", ""), asked.cookies.get(LANGUAGE_COOKIE, ""))


def _noting(scope: Scope, send: Send, somebody: Somebody) -> Send:
    """Times the first byte; who has it does not wait any longer."""
    start = perf_counter()

    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            somebody.waits = False
            labels = (scope.get("method", ""), scope.get("path_template", ""), str(message["status"]))
            REQUESTS.labels(*labels).observe(perf_counter() - start)
        await send(message)

    return noting
