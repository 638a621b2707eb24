"""The pages in the shell, over fakes: what a patient's browser asks and gets."""

import asyncio
from collections.abc import Callable, Iterator
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient

from chassis import web
from messaging.domain.allowance import NO_LIMITS, Allowances
from messaging.originals import Originals
from messaging.paper.press import Press
from messaging.structured import DocumentReader
from messaging.web import PAGES, MailboxNews, controllers
from tests.messaging.fakes import TokenIsPatient
from tests.messaging.people import DOMAINS, INAYA_ID, MARIE, OTHER_ID, World

BROWSER = {"accept": "text/html", "sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"}


def words(answer: Any) -> str:
    """What a person reads: the answer's text without HTML's escapes."""
    return unescape(answer.text)


HTMX = {"hx-request": "true", "sec-fetch-site": "same-origin"}


class AllWell:
    """A readiness that finds nothing wrong."""

    ready = True

    async def report(self) -> dict[str, bool | str]:
        return {}


class Given:
    """What handlers are given: the world of the test that runs, in an application built once."""

    world: World
    allowances: Allowances
    news: MailboxNews


@pytest.fixture(scope="session")
def given() -> Given:
    return Given()


@pytest.fixture
def world(given: Given) -> World:
    given.world, given.news, given.allowances = World(), MailboxNews(), NO_LIMITS
    return given.world


@pytest.fixture(scope="session")
def app(given: Given) -> Litestar:
    settings: Any = SimpleNamespace(
        public_origin="https://espace.example",
        service_name="Mon espace santé",
        development=False,
        accessibility_state="non évaluée",
    )
    press = Press()
    dependencies = {
        "store": lambda: given.world.store,
        "objects": lambda: given.world.objects,
        "originals": lambda: Originals(given.world.objects, DOMAINS.patient),
        "domains": lambda: DOMAINS,
        "allowances": lambda: given.allowances,
        "news": lambda: given.news,
        "reader": lambda: DocumentReader(given.world.objects, DOMAINS.patient),
        "darkroom": lambda: given.world.darkroom,
        "previewer": lambda: given.world.previewer,
        "press": lambda: press,
    }
    return web.create_app(
        settings=settings,
        controllers=controllers,
        pages=PAGES,
        guard=TokenIsPatient(),
        readiness=AllWell(),
        stopping=asyncio.Event(),
        dependencies={name: Provide(give, sync_to_thread=False) for name, give in dependencies.items()},
    )


@pytest.fixture
def client(app: Litestar, world: World) -> Iterator[TestClient[Any]]:
    with TestClient(app, base_url="https://espace.example") as client:
        client.follow_redirects = False
        client.headers.update(BROWSER)
        client.cookies.set("__Host-pli", INAYA_ID, domain="espace.example")
        yield client


@pytest.fixture
def as_other(client: TestClient[Any]) -> Callable[[], None]:
    def become() -> None:
        client.cookies.clear()
        client.cookies.set("__Host-pli", OTHER_ID, domain="espace.example")

    return become


@pytest.fixture
def letter(world):
    return world.letter(recipients=(world.inaya.party, MARIE))


@pytest.fixture
def begin(client, letter):
    def press(button="expediteur"):
        return client.post(f"/messagerie/conversations/{letter.id}/reponse", data={"a": button})

    return press


@pytest.fixture
def draft(begin, world):
    begin()
    (draft,) = world.store.kept["drafts"].values()
    return draft
