"""What the shell's script adds, in a real browser over a small application."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from litestar import Litestar, Request, Response, get, post
from litestar.response import Redirect, Stream, Template
from playwright.sync_api import Page, expect, sync_playwright

from chassis import web
from chassis.errors import NotFound
from tests.system.waiting import until

from .conftest import OneSession

pytestmark = pytest.mark.browser
SCRIPTED = """{% extends "shell.html" %}{% import "pieces.html" as p %}{% block title %}Essai{% endblock %}
{% block head %}<script type="module" src="{{ static("autosave.js") }}"></script>{% endblock %}
{% block main %}<h1>Essai</h1>
<div data-stream="/m/stream" data-stream-events="mailbox">
<p id="list" hx-get="/m/list" hx-trigger="pli:mailbox from:body">ancien</p></div>
<form method="post" action="/m/send" data-autosave="/m/save" data-autosave-status="saved">
<input type="hidden" name="revision" value="1">{{ p.textarea("body", "Mon message") }}<span id="saved"></span>
{{ p.button("Envoyer") }}</form>
<button hx-get="/m/piece" hx-target="#list">Rafraîchir</button><button data-copy="adresse">Copier</button>
{% call p.panel("/m/panel") %}<p>Voir ma messagerie</p>{% endcall %}
<a href="/m/dialog" data-dialog="">Garder</a>{% endblock %}"""
DIALOG = """{% extends "shell.html" %}{% import "pieces.html" as p %}{% block title %}Garder{% endblock %}
{% block main %}{% call p.dialog_page("Ajouter", "/m/scripted") %}{{ p.error_summary(errors) }}
<form method="post" action="/m/keep">{{ p.field("name", "Nom du document", error=errors.get("name")) }}
{{ p.button("Ajouter") }}</form>{% endcall %}{% endblock %}"""


def session_is_known(page: Page) -> None:
    """Wait until the page knows when its session ends; `wait_for_function` would be stopped by the page's CSP."""
    noted = "localStorage.getItem('pli-session')?.includes('idleAt')"
    until(lambda: page.evaluate(noted), what="the session's end", every=0.05)


def html(text: str) -> Response[str]:
    return Response(text, media_type="text/html", status_code=200)


class Site:
    """The application's handlers, and what they were asked."""

    def __init__(self) -> None:
        self.saved: list[dict[str, Any]] = []
        self.begin()

    def begin(self) -> None:
        """A session that has just begun; `left` is None once it is over."""
        self.left: dict[str, int] | None = {"idle": 1800, "longest": 43_200}
        self.stayed = 0
        self.panel_answers = True

    def handlers(self) -> list[Any]:
        @get("/m/scripted", sync_to_thread=False)
        def scripted() -> Template:
            return web.page("scripted.html")

        @get("/m/dialog", sync_to_thread=False)
        def dialog() -> Template:
            return web.page("dialog.html")

        @get(["/m/list", "/m/piece"], sync_to_thread=False)
        def piece() -> Response[str]:
            return html("nouveau")

        @get("/m/panel", sync_to_thread=False)
        def panel() -> Response[str]:
            return Response(
                "deux messages", status_code=200 if self.panel_answers else 503, media_type="text/html"
            )

        @post("/m/save")
        async def save(request: Request[Any, Any, Any]) -> Response[str]:
            self.saved.append(dict((await request.form()).items()))
            return html('<span data-set-revision="2">Brouillon enregistré</span>')

        @post("/m/send")
        async def send() -> Redirect:
            return web.see_other("/m/scripted", toast="message-sent")

        @post("/m/keep")
        async def keep(request: Request[Any, Any, Any]) -> Redirect | Template:
            name = (await request.form()).get("name")
            if not name:
                return web.page("dialog.html", status=422, errors={"name": "Donnez un nom."})
            if name == "trop":
                raise NotFound("trop")
            return web.see_other("/m/scripted", toast="message-sent")

        @get("/m/stream", sync_to_thread=False)
        def stream(request: Request[Any, Any, Any]) -> Stream:
            async def source() -> AsyncIterator[web.ServerEvent]:
                yield web.ServerEvent("mailbox")
                await asyncio.Event().wait()

            return web.event_stream(request, source())

        @post("/connexion/renouveler", opt={"public": True}, status_code=204)
        async def renew() -> Response[None]:
            answer = Response(None, status_code=204)
            answer.set_cookie("__Host-pli", "alive", path="/", secure=True, httponly=True)
            return answer

        return [scripted, dialog, piece, panel, save, send, keep, stream, renew, *self.session()]

    def session(self) -> list[Any]:
        def answer() -> Response[Any]:
            return Response(self.left or {}, status_code=200 if self.left else 401, media_type="application/json")

        @post("/connexion/activite", opt={"public": True}, sync_to_thread=False)
        def stay() -> Response[Any]:
            self.stayed += 1
            if self.left:
                self.left = {**self.left, "idle": 1800}
            return answer()

        @get("/connexion/session", opt={"public": True}, sync_to_thread=False)
        def how_long() -> Response[Any]:
            return answer()

        @get("/connexion/renouveler", opt={"public": True}, sync_to_thread=False)
        def log_in() -> Response[str]:
            return html("<h1>Connexion</h1>")

        return [stay, how_long, log_in]


@pytest.fixture(autouse=True)
def _no_network_without_the_stack() -> None:
    """These tests talk to a server of their own, on the loopback."""


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[str]:
    """The application, served on a free port."""
    folder: Path = tmp_path_factory.mktemp("templates")
    (folder / "scripted.html").write_text(SCRIPTED)
    (folder / "dialog.html").write_text(DIALOG)
    config = uvicorn.Config(lambda: None, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    listener = config.bind_socket()
    origin = f"http://localhost:{listener.getsockname()[1]}"
    config.app = application(origin, folder, site)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield origin
    server.should_exit = True
    thread.join(10)
    listener.close()


def application(origin: str, folder: Path, site: Site) -> Litestar:
    return web.create_app(
        settings=SimpleNamespace(public_origin=origin, service_name="Mon espace santé", development=False),
        controllers=site.handlers(),
        pages=web.WebPages(
            "/m", folder, toasts={"message-sent": "Message envoyé"}, labels={"body": "Mon message"}
        ),
        guard=OneSession(),
        readiness=SimpleReadiness(),
        stopping=asyncio.Event(),
    )


class SimpleReadiness:
    ready = True

    async def report(self) -> dict[str, bool | str]:
        return {}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, address: str, site: Site) -> Iterator[Page]:
    """The page of a signed-in person; what the policy refuses or a script throws fails the test."""
    context = browser.new_context(locale="fr-FR")
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    token(context, "alive")
    page = context.new_page()
    page.clock.install()
    site.begin()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    page.goto(f"{address}/m/scripted")
    yield page
    context.close()
    assert wrong == []


def token(context: Any, value: str) -> None:
    context.add_cookies(
        [{"name": "__Host-pli", "value": value, "domain": "localhost", "path": "/", "secure": True}]
    )


def test_an_event_fetches_its_fragment_again(page: Page) -> None:
    expect(page.locator("#list")).to_have_text("nouveau")


def test_what_is_typed_saves_itself_and_takes_the_new_revision(page: Page, site: Site) -> None:
    page.get_by_label("Mon message").fill("Bonjour")
    expect(page.locator("#saved")).to_have_text("Brouillon enregistré")
    assert site.saved[-1] == {"revision": "1", "body": "Bonjour"}
    assert page.locator("[name=revision]").input_value() == "2"


def test_saving_is_heard_once_and_then_only_when_it_fails(page: Page, site: Site) -> None:
    status = page.locator("#saved")
    page.get_by_label("Mon message").fill("Bonjour")
    expect(status).to_have_text("Brouillon enregistré")
    expect(status).to_have_attribute("aria-live", "polite")
    page.get_by_label("Mon message").fill("Bonjour Christelle")
    expect(status).to_have_attribute("aria-live", "off")
    page.route("**/m/save", lambda route: route.abort())
    page.get_by_label("Mon message").fill("Bonjour Christelle,")
    expect(status).to_have_text("Non enregistré, nous réessayons.")
    expect(status).to_have_attribute("aria-live", "polite")
    page.unroute("**/m/save")
    expect(status).to_have_text("Brouillon enregistré", timeout=10_000)
    expect(status).to_have_attribute("aria-live", "polite")


def test_a_request_after_the_token_s_end_renews_it_and_is_repeated(page: Page, site: Site) -> None:
    expect(page.locator("#list")).to_have_text("nouveau")
    page.evaluate("document.getElementById('list').textContent = 'ancien'")
    token(page.context, "expired")
    page.get_by_role("button", name="Rafraîchir").click()
    expect(page.locator("#list")).to_have_text("nouveau")


def test_a_dialog_whose_owner_is_away_leaves_one_where_one_is(page: Page) -> None:
    page.get_by_label("Mon message").fill("à moitié")
    page.route("**/m/dialog", lambda route: route.fulfill(status=502, body="absent"))
    page.get_by_role("link", name="Garder").click()
    expect(page.locator("#toasts")).to_contain_text("Vous pouvez réessayer dans un instant.")
    page.unroute("**/m/dialog")
    page.route("**/m/dialog", lambda route: route.abort())
    page.get_by_role("link", name="Garder").click()
    expect(page.locator("#toasts")).to_contain_text("La connexion est interrompue.")
    page.unroute("**/m/dialog")
    expect(page.get_by_label("Mon message")).to_have_value("à moitié")
    page.get_by_role("link", name="Garder").click()
    expect(page.get_by_role("dialog", name="Ajouter")).to_be_visible()


def test_a_page_opens_as_a_dialog_and_gives_the_focus_back(page: Page) -> None:
    link = page.get_by_role("link", name="Garder")
    link.click()
    dialog = page.get_by_role("dialog", name="Ajouter")
    expect(dialog).to_be_visible()
    dialog.get_by_role("link", name="Fermer").click()
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()


def test_what_is_wrong_with_a_dialog_s_form_is_said_in_the_dialog(page: Page) -> None:
    page.get_by_label("Mon message").fill("à moitié")
    page.get_by_role("link", name="Garder").click()
    dialog = page.get_by_role("dialog", name="Ajouter")
    add, name = dialog.get_by_role("button", name="Ajouter"), dialog.get_by_label("Nom du document")
    add.click()
    expect(dialog.get_by_role("alert")).to_be_focused()
    expect(dialog.get_by_role("alert")).to_contain_text("Donnez un nom.")
    name.fill("trop")
    add.click()
    expect(dialog.locator("[data-complaint]")).to_contain_text("n'existe pas")
    page.route("**/m/keep", lambda route: route.abort())
    add.click()
    expect(dialog.locator("[data-complaint]")).to_contain_text("La connexion est interrompue.")
    expect(name).to_have_value("trop")
    page.unroute("**/m/keep")
    expect(page.get_by_label("Mon message")).to_have_value("à moitié")
    name.fill("Bilan")
    add.click()
    expect(page.locator("#toasts")).to_contain_text("Message envoyé")
    expect(dialog).to_have_count(0)


def test_a_toast_is_said_until_closed(page: Page) -> None:
    page.get_by_role("button", name="Envoyer").click()
    toast = page.locator("#toasts").get_by_text("Message envoyé")
    expect(toast).to_be_visible()
    expect(page.locator("#heard")).to_have_text("Message envoyé")
    page.get_by_role("button", name="Fermer").click()
    expect(toast).to_have_count(0)


def test_copying_says_so(page: Page) -> None:
    page.get_by_role("button", name="Copier").click()
    expect(page.locator("#toasts")).to_contain_text("Informations copiées")
    assert page.evaluate("navigator.clipboard.readText()") == "adresse"


def later(page: Page, site: Site, minutes: int, **left: int) -> None:
    """Some minutes on, with what auth then says is left."""
    site.left = {"idle": 1800 - minutes * 60, "longest": 43_200 - minutes * 60, **left}
    page.clock.fast_forward(minutes * 60_000)
    page.clock.run_for(20_000)


def test_after_25_minutes_a_dialog_offers_to_stay_as_often_as_wished(page: Page, site: Site) -> None:
    session_is_known(page)
    dialog = page.get_by_role("dialog", name="Votre session va se terminer")
    for _ in range(2):
        stayed = site.stayed
        later(page, site, 20)
        expect(dialog).to_have_count(0)
        later(page, site, 6, idle=240)
        expect(dialog).to_be_visible()
        expect(dialog.get_by_role("button", name="Rester connecté")).to_be_focused()
        with page.expect_response("**/connexion/activite"):
            dialog.get_by_role("button", name="Rester connecté").click()
        expect(dialog).to_have_count(0)
        assert site.stayed == stayed + 1


def test_typing_is_activity_said_every_four_minutes_at_most(page: Page, site: Site) -> None:
    session_is_known(page)
    assert site.stayed == 1
    page.get_by_label("Mon message").fill("Bonjour")
    later(page, site, 5)
    page.get_by_label("Mon message").fill("Bonjour Christelle")
    page.wait_for_timeout(100)
    page.get_by_label("Mon message").fill("Bonjour Christelle,")
    expect(page.locator("#saved")).to_have_text("Brouillon enregistré")
    assert site.stayed == 2


def test_the_end_of_twelve_hours_is_announced_once(page: Page, site: Site) -> None:
    session_is_known(page)
    site.left = {"idle": 1500, "longest": 1200}
    page.evaluate("localStorage.clear()")
    page.reload()
    page.clock.fast_forward(5 * 60_000)
    site.left = {"idle": 1500, "longest": 800}
    page.get_by_label("Mon message").fill("Bonjour")
    session_is_known(page)
    with page.expect_response("**/connexion/session"):
        page.clock.run_for(20_000)
    dialog = page.get_by_role("dialog", name="Votre session va se terminer")
    expect(dialog).to_contain_text("au plus 12 heures")
    dialog.get_by_role("button", name="J'ai compris").click()
    page.clock.run_for(60_000)
    expect(dialog).to_have_count(0)


def test_after_the_end_what_was_typed_is_brought_to_the_log_in(page: Page, site: Site) -> None:
    session_is_known(page)
    page.get_by_label("Mon message").fill("Bonjour <docteur>\nà demain")
    site.left = None
    page.clock.fast_forward(31 * 60_000)
    page.clock.run_for(20_000)
    dialog = page.get_by_role("dialog", name="Votre session a expiré")
    with page.expect_request("**/m/_saisie") as asked:
        dialog.get_by_role("button", name="Se connecter").click()
    assert asked.value.post_data_json["body"].split() == ["Bonjour", "<docteur>", "à", "demain"]
    assert asked.value.post_data_json["_page"] == "/m/scripted"
    expect(page.get_by_role("heading", name="Connexion")).to_have_count(0)
    expect(page.get_by_text("à demain")).to_be_visible()


def test_a_panel_whose_owner_is_away_says_so_and_comes_when_it_is_back(page: Page, site: Site) -> None:
    panel = page.locator("[data-panel]")
    expect(panel).to_have_text("deux messages")
    site.panel_answers = False
    page.reload()
    expect(panel).to_contain_text("Voir ma messagerie")
    expect(panel).to_contain_text("Cette partie ne répond pas pour l'instant. Nous réessayons.")
    site.panel_answers = True
    page.clock.run_for(9_000)
    expect(panel).to_have_text("deux messages")
