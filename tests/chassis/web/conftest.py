"""An application in the shell, without network: a guard that knows one token, a few handlers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.response import Redirect, Stream, Template
from litestar.testing import TestClient

from chassis import web
from chassis.clock import now
from chassis.errors import BackingServiceAway, NotYet
from chassis.identity import Identity, SessionOver, TokenExpired, TokenForged, TokenMissing
from chassis.watch import Watch

ORIGIN = "https://espace.example"
CONTENT = bytes(range(256)) * 8
BROWSER = {"accept": "text/html", "sec-fetch-mode": "navigate"}
OURS = {"sec-fetch-site": "same-origin"}


class LetterForm(msgspec.Struct, kw_only=True):
    """A form with a field of each kind."""

    body: str
    pages: int = 0
    on: date | None = None
    to: tuple[str, ...] = ()
    receipt: bool = False


class OneSession:
    """Knows the tokens `alive`, `expired` (its session lives), `over`; all others are forged."""

    keys_loaded = True

    def __init__(self) -> None:
        self.ended = False
        self.identity = Identity(
            patient_id="patient",
            actor="patient",
            session_id="session",
            expires_at=now() + timedelta(minutes=5),
            session_ends_at=now() + timedelta(hours=12),
        )

    def identify(self, token: str | None, *, unsafe: bool) -> Identity:
        if token is None:
            raise TokenMissing
        if token == "over" or self.ended:
            raise SessionOver
        if token == "expired" and not unsafe:
            raise TokenExpired
        if token not in {"alive", "expired"}:
            raise TokenForged
        return self.identity


class AllWell:
    """A readiness that says what it is told."""

    ready = True

    def __init__(self) -> None:
        self.found: dict[str, bool | str] = {"store": True}

    async def report(self) -> dict[str, bool | str]:
        return self.found


@get("/m/private", sync_to_thread=False)
def private(request: Request[Identity, Any, Any]) -> str:
    return request.user.patient_id


@get("/m/open", opt={"public": True}, sync_to_thread=False)
def anyone(request: Request[Any, Any, Any]) -> str:
    return request.user.patient_id if request.user else "nobody"


@get("/m/page", opt={"public": True}, sync_to_thread=False)
def shown() -> Template:
    return web.page("page.html")


@post("/m/act", sync_to_thread=False)
def act() -> Redirect:
    return web.see_other("/m/page", toast="message-sent")


@post("/m/form", opt={"public": True}, request_max_body_size=2_000)
async def form(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {**msgspec.to_builtins(await web.read_form(request, LetterForm))}


@get("/m/file")
async def file(request: Request[Identity, Any, Any]) -> Response[Any]:
    async def chunks(offset: int, length: int) -> AsyncIterator[bytes]:
        yield CONTENT[offset : offset + length // 2]
        yield CONTENT[offset + length // 2 : offset + length]

    return await web.byte_stream(
        request, chunks, size=len(CONTENT), filename="Résultats d'été.pdf", media_type="application/pdf"
    )


@get("/m/fails/{how:str}", opt={"public": True}, sync_to_thread=False)
def fails(request: Request[Any, Any, Any]) -> str:
    raise {
        "away": BackingServiceAway("store"),
        "soon": NotYet("patient"),
        "bug": KeyError("Inaya Michel"),
    }[request.path_params["how"]]


@get("/m/letter", sync_to_thread=False)
def letter() -> Response[str]:
    return web.letter_document("<p>Bonjour</p>")


@get("/m/live", sync_to_thread=False)
def live(request: Request[Identity, Any, Any]) -> Stream:
    async def source() -> AsyncIterator[web.ServerEvent]:
        yield web.ServerEvent("mailbox", "7")
        await asyncio.Event().wait()

    return web.event_stream(request, source(), heartbeat=0.05)


HANDLERS = [private, anyone, shown, act, form, file, fails, letter, live]


@pytest.fixture
def guard() -> OneSession:
    return OneSession()


@pytest.fixture
def readiness() -> AllWell:
    return AllWell()


@pytest.fixture
def stopping() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
def build(
    tmp_path: Path, guard: OneSession, readiness: AllWell, stopping: asyncio.Event
) -> Callable[..., Litestar]:
    """Builds the application with other settings."""
    (tmp_path / "page.html").write_text('{% extends "shell.html" %}{% block title %}Essai{% endblock %}')

    def build(
        *,
        origin: str = ORIGIN,
        development: bool = False,
        controllers: Any = HANDLERS,
        watches: Sequence[Watch] = (),
    ) -> Litestar:
        settings = SimpleNamespace(public_origin=origin, service_name="Mon espace santé", development=development)
        pages = web.WebPages(
            "/m", tmp_path, toasts={"message-sent": "Message envoyé"}, labels={"body": "Mon message"}
        )
        return web.create_app(
            settings=settings,
            controllers=controllers,
            pages=pages,
            guard=guard,
            readiness=readiness,
            stopping=stopping,
            watches=watches,
        )

    return build


@pytest.fixture
def client(build: Callable[..., Litestar]) -> Iterator[TestClient[Litestar]]:
    """A client without a session, that follows no redirect."""
    with TestClient(build(), base_url=ORIGIN, raise_server_exceptions=False) as client:
        client.follow_redirects = False
        yield client


@pytest.fixture
def inaya(client: TestClient[Litestar]) -> TestClient[Litestar]:
    """The same with a live session."""
    client.cookies.set("__Host-pli", "alive")
    return client
