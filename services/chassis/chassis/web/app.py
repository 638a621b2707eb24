"""The web application of a service: its controllers inside the shell."""

from asyncio import Event
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler

from chassis.watch import Watch
from chassis.web.answers import WebPages
from chassis.web.headers import security_headers
from chassis.web.health import health_routes
from chassis.web.kept import Keeper, KeptForms
from chassis.web.language import Languages
from chassis.web.origin import SameOrigin
from chassis.web.ports import Guard, NoSessions, Readiness, WebParts, WebSettings
from chassis.web.problems import answer_error
from chassis.web.rendering import engine
from chassis.web.requests import Around
from chassis.web.sessions import Sessions, keeping_route
from chassis.web.showcase import showcase_route
from chassis.web.static_files import StaticFiles

HERE = Path(__file__).parent
BODY_LIMIT = 512_000
"""Bytes of a request's body where the handler sets no `request_max_body_size`: a form without files."""


def create_app(
    *,
    settings: WebSettings,
    controllers: Sequence[ControllerRouterHandler],
    pages: WebPages | None,
    guard: Guard | None,
    readiness: Readiness,
    stopping: Event,
    dependencies: Mapping[str, Any] | None = None,
    kept_forms: KeptForms | None = None,
    watches: Sequence[Watch] = (),
) -> Litestar:
    """Controllers in the shell, plus health, metrics and static files.

    Without `pages` (a door, a worker) there is nothing but health and metrics. Without `guard` no request
    has an identity. `stopping` ends the event streams. `dependencies` are values, or Litestar's `Provide`.
    `kept_forms` is where what was typed at the end of a session waits; without it, it is only shown back.
    `watches` tell which backing services are silent, so that no page waits for them.
    """
    shown = pages or WebPages(prefix="/_", templates=HERE / "templates")
    folders = [shown.locale] if shown.locale else []
    languages = Languages([*folders, HERE.parent / "locale"])
    files = StaticFiles(shown.prefix, [HERE / "static", *([shown.static] if shown.static else [])])
    parts = WebParts(settings, guard or NoSessions(), stopping, languages)
    keeper = Keeper(shown.prefix, kept_forms, shown.labels)
    routes = [*controllers, *health_routes(readiness), files.route(), keeping_route(shown.prefix, keeper)]
    if settings.development:
        routes.append(showcase_route(shown.prefix))
    return Litestar(
        route_handlers=routes,
        middleware=[Around(languages, watches), SameOrigin(settings.public_origin), Sessions(parts.guard, keeper)],
        before_send=[security_headers(secure=settings.public_origin.startswith("https://"))],
        exception_handlers={HTTPException: answer_error, Exception: answer_error},
        template_config=engine([shown.templates, HERE / "templates"], shown, settings, files, languages),
        dependencies={name: _provided(value) for name, value in (dependencies or {}).items()},
        state=State({"web": parts}),
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
    )


def _provided(value: Any) -> Provide:
    if isinstance(value, Provide):
        return value

    def give() -> Any:
        return value

    return Provide(give, sync_to_thread=False, use_cache=True)
