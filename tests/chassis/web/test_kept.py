"""Nothing typed is lost when a session ends: it is kept sealed, and given back to the same person alone."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, get, post
from litestar.response import Redirect, Template
from litestar.testing import TestClient

from chassis import web
from chassis.clock import now
from chassis.errors import BackingServiceAway
from chassis.identity import SessionOver, TokenMissing

from .conftest import BROWSER, ORIGIN, OURS, AllWell, OneSession

PAGE = """{% extends "shell.html" %}{% import "pieces.html" as p %}{% block title %}Essai{% endblock %}
{% block main %}<form method="post" action="/m/send">{{ p.textarea("body", "Mon message", value="ancien") }}
{{ p.choice("to", "christelle", "Christelle", type="checkbox") }}
{{ p.choice("to", "marie", "Marie", checked=true, type="checkbox") }}
{{ p.password("password", "Mot de passe") }}</form>{% endblock %}"""
TYPED = {"body": "Bonjour <docteur>\nà demain", "to": "christelle", "password": "secret"}
FROM_PAGE = BROWSER | OURS | {"referer": f"{ORIGIN}/m/draft?a=1"}


class Shelf:
    """Sealed forms in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[bytes, datetime]] = {}
        self.away = False

    async def keep(self, patient_id: str, sealed: bytes, until: datetime) -> None:
        self._answer()
        self.rows[patient_id] = (sealed, until)

    async def kept(self, patient_id: str) -> bytes | None:
        self._answer()
        return self.rows[patient_id][0] if patient_id in self.rows else None

    async def forget(self, patient_id: str) -> None:
        self._answer()
        self.rows.pop(patient_id, None)

    def _answer(self) -> None:
        if self.away:
            raise BackingServiceAway("store")


class TwoPeople(OneSession):
    """Inaya's session `over` is over and `alive` is a new one; `other` is somebody else's."""

    def identify(self, token: str | None, *, unsafe: bool) -> Any:
        if token == "over":
            raise SessionOver("over", patient_id="inaya")
        if token not in {"alive", "other"}:
            raise TokenMissing
        self.identity = type(self.identity)(
            patient_id="inaya" if token == "alive" else "other",
            actor="a",
            session_id="s",
            expires_at=now() + timedelta(minutes=5),
            session_ends_at=now() + timedelta(hours=1),
        )
        return self.identity


@get(["/m/draft", "/m/else"], sync_to_thread=False)
def draft() -> Template:
    return web.page("draft.html")


@post("/m/send", sync_to_thread=False)
def send() -> Redirect:
    return web.see_other("/m/else")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def browser(tmp_path: Path, shelf: Shelf, stopping: Any) -> Any:
    (tmp_path / "draft.html").write_text(PAGE)
    from types import SimpleNamespace

    app: Litestar = web.create_app(
        settings=SimpleNamespace(public_origin=ORIGIN, service_name="Mon espace santé", development=False),
        controllers=[draft, send],
        pages=web.WebPages("/m", tmp_path, labels={"body": "Mon message"}),
        guard=TwoPeople(),
        readiness=AllWell(),
        stopping=stopping,
        kept_forms=shelf,
    )
    with TestClient(app, base_url=ORIGIN) as client:
        client.follow_redirects = False
        yield client


def be(browser: Any, token: str) -> None:
    browser.cookies.set("__Host-pli", token, domain="espace.example", path="/")


def keep(browser: Any) -> Any:
    be(browser, "over")
    return browser.post("/m/send", data=TYPED, headers=FROM_PAGE)


def test_a_form_after_the_end_is_kept_and_leads_to_log_in_and_back(browser: Any, shelf: Shelf) -> None:
    answer = keep(browser)
    assert answer.status_code == 401
    assert "Votre session a expiré. Votre saisie est conservée." in answer.text
    assert "/connexion/renouveler?vers=/m/draft%3Fa%3D1" in answer.text
    assert "Bonjour" not in answer.text
    (sealed, until) = shelf.rows["inaya"]
    assert b"Bonjour" not in sealed
    assert until - now() <= timedelta(minutes=30)
    assert "HttpOnly" in answer.headers["set-cookie"]


def test_the_same_person_finds_it_again_in_the_same_page(browser: Any) -> None:
    keep(browser)
    be(browser, "alive")
    page = browser.get("/m/draft?a=1", headers=BROWSER).text
    assert "Bonjour &lt;docteur&gt;\nà demain</textarea>" in page
    assert re.search(r'value="christelle" checked', page)
    assert not re.search(r'value="marie" checked', page)
    assert "Votre session a expiré. Votre saisie est conservée." in page
    assert "secret" not in page


def test_another_page_shows_nothing_of_it(browser: Any) -> None:
    keep(browser)
    be(browser, "alive")
    page = browser.get("/m/else", headers=BROWSER).text
    assert "ancien</textarea>" in page
    assert "conservée" not in page


def test_another_person_finds_nothing(browser: Any, shelf: Shelf) -> None:
    keep(browser)
    shelf.rows["other"] = shelf.rows["inaya"]
    be(browser, "other")
    assert "Bonjour" not in browser.get("/m/draft", headers=BROWSER).text


def test_another_browser_finds_nothing(browser: Any) -> None:
    keep(browser)
    browser.cookies.clear()
    be(browser, "alive")
    assert "Bonjour" not in browser.get("/m/draft", headers=BROWSER).text


@pytest.mark.parametrize("cookie", ["m.", "m.AAAA", "other.AAAA", "é", "m." + "A" * 43 + "="])
def test_a_cookie_that_opens_nothing_is_no_error(browser: Any, cookie: str) -> None:
    keep(browser)
    browser.cookies.clear()
    held = f"__Host-pli=alive; __Host-pli-saisie={cookie}".encode()
    answer = browser.get("/m/draft", headers={"cookie": held, "accept": "text/html"})
    assert answer.status_code == 200
    assert "Bonjour" not in answer.text


def test_it_stays_until_its_page_sends_something(browser: Any, shelf: Shelf) -> None:
    keep(browser)
    be(browser, "alive")
    browser.post("/m/send", data={}, headers=FROM_PAGE | {"referer": f"{ORIGIN}/m/else"})
    assert "Bonjour" in browser.get("/m/draft", headers=BROWSER).text
    answer = browser.post("/m/send", data={}, headers=FROM_PAGE)
    assert shelf.rows == {}
    assert any("__Host-pli-saisie" in line for line in answer.headers.get_list("set-cookie"))


def test_when_it_cannot_be_kept_it_is_shown_to_be_copied(browser: Any, shelf: Shelf) -> None:
    shelf.away = True
    answer = keep(browser)
    assert "Bonjour &lt;docteur&gt;" in answer.text
    assert "secret" not in answer.text
    assert "conservée" not in answer.text
    assert "set-cookie" not in answer.headers


def test_what_only_the_page_knows_is_not_shown_to_be_copied(browser: Any, shelf: Shelf) -> None:
    shelf.away = True
    answer = keep(browser)
    shown = re.findall(r"<textarea.*?>\n(.*?)</textarea>", answer.text, re.DOTALL)
    assert len(shown) == 1
    assert "Mon message" in answer.text
    assert "christelle" not in answer.text


def test_a_script_brings_what_was_typed_and_is_led_to_log_in(browser: Any, shelf: Shelf) -> None:
    be(browser, "over")
    told = {"_page": "/m/draft?a=1", **TYPED}
    answer = browser.post("/m/_saisie", data=told, headers=FROM_PAGE)
    assert answer.headers["location"] == "/connexion/renouveler?vers=/m/draft%3Fa%3D1"
    be(browser, "alive")
    assert "Bonjour" in browser.get("/m/draft?a=1", headers=BROWSER).text


@pytest.mark.parametrize("page", ["//evil.example/", "https://evil.example", "/\\evil.example"])
def test_a_script_leads_nowhere_else(browser: Any, page: str) -> None:
    be(browser, "over")
    answer = browser.post("/m/_saisie", data={"_page": page}, headers=FROM_PAGE)
    assert "evil" not in answer.headers.get("location", "")
    assert "evil" not in answer.text


def test_a_stranger_s_words_are_shown_back_and_kept_nowhere(browser: Any, shelf: Shelf) -> None:
    answer = browser.post("/m/_saisie", data={"_page": "/m/draft", **TYPED}, headers=FROM_PAGE)
    assert "Bonjour &lt;docteur&gt;" in answer.text
    assert shelf.rows == {}
