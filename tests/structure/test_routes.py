"""Every route needs a session, or is on this list."""

import asyncio
import inspect
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from litestar import Controller, Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from chassis.readiness import Readiness
from chassis.web import create_app
from tests.structure.conftest import SERVICES, modules_of

PUBLIC = {
    "auth": {
        "/",
        "/connexion",
        "/connexion/mode",
        "/connexion/code",
        "/connexion/code/renvoyer",
        "/connexion/sans-acces",
        "/connexion/oubli",
        "/connexion/renouveler",
        "/connexion/activite",
        "/connexion/session",
        "/connexion/deconnexion",
        "/compte/activation",
        "/compte/activation/identifiants",
        "/compte/langue",
        "/aide",
        "/mentions-legales",
        "/accessibilite",
        "/donnees-personnelles",
        "/cookies",
        "/plan-du-site",
        "/a-propos",
    },
    "notifier": {"/notifications/{token:str}"},
}
OURS = {"/_/_saisie", "/health/live", "/health/ready", "/metrics", "/_/_static/{file_name:str}"}
ID = "01990000-0000-7000-8000-000000000000"


class Shown(NamedTuple):
    """Settings of a web application without a process around it."""

    public_origin: str = "http://localhost"
    service_name: str = "Mon espace santé"
    development: bool = False


def controllers(service: str) -> list[type[Controller]]:
    found = {
        member
        for module in modules_of(service)
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Controller) and member.__module__.startswith(f"{service}.")
    }
    return sorted(found, key=lambda controller: controller.__name__)


def app_of(service: str) -> Litestar:
    return create_app(
        settings=Shown(),
        controllers=controllers(service),
        pages=None,
        guard=None,
        readiness=Readiness("test"),
        stopping=asyncio.Event(),
        dependencies=dict.fromkeys(_injected(service)),
    )


def _injected(service: str) -> set[str]:
    """Whatever handlers take that is no part of the request: the guard refuses before any is needed."""
    handlers = [
        handler
        for controller in controllers(service)
        for _, handler in inspect.getmembers(controller, lambda member: isinstance(member, HTTPRouteHandler))
    ]
    named = {name for handler in handlers for name in inspect.signature(handler.fn).parameters}
    in_paths = {name for handler in handlers for path in handler.paths for name in re.findall(r"\{(\w+):", path)}
    return named - in_paths - {"self", "request", "data", "cookies", "headers", "query", "state"}


def routes(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in sorted(set(handler.http_methods) - {"HEAD", "OPTIONS"}):
                    yield str(method), route.path_format, handler


@pytest.mark.parametrize("service", SERVICES)
def test_a_stranger_is_asked_to_log_in_everywhere_but_here(service: str) -> None:
    app = app_of(service)
    open_to_all = []
    with TestClient(app, raise_server_exceptions=False) as client:
        for method, path, handler in routes(app):
            if handler.opt.get("public"):
                open_to_all.append(path)
                continue
            address = re.sub(r"\{[^}]+\}", ID, path)
            headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
            answer = client.request(method, address, headers=headers, follow_redirects=False)
            sent_to_log_in = answer.status_code == 303 and answer.headers["location"].startswith("/connexion")
            assert sent_to_log_in or answer.status_code == 401, f"{method} {path}: {answer.status_code}"
    unlisted = {path for path in open_to_all if plain(path) not in {plain(one) for one in listed(service)}}
    assert unlisted == set()


def listed(service: str) -> set[str]:
    return PUBLIC.get(service, set()) | OURS


def plain(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "{}", path)


@pytest.mark.parametrize("service", ["auth", "messaging", "documents", "synthesis"])
def test_every_service_with_pages_has_routes(service: str) -> None:
    assert len(controllers(service)) > 0
