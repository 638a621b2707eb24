"""Who may ask for what, and what happens at the end of a session."""

import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from .conftest import BROWSER, ORIGIN, OURS, OneSession

Client = TestClient[Litestar]


def with_token(client: Client, token: str) -> Client:
    client.cookies.set("__Host-pli", token)
    return client


def test_a_private_page_knows_the_patient_from_the_session(inaya: Client) -> None:
    assert inaya.get("/m/private").text == "patient"


def test_a_public_page_knows_the_patient_when_there_is_one(client: Client) -> None:
    assert client.get("/m/open").text == "nobody"
    assert with_token(client, "forged").get("/m/open").text == "nobody"
    assert with_token(client, "alive").get("/m/open").text == "patient"


@pytest.mark.parametrize("token", [None, "expired", "over"])
def test_a_navigation_without_a_valid_token_is_sent_to_renew_it_and_comes_back(
    client: Client, token: str | None
) -> None:
    if token:
        with_token(client, token)
    answer = client.get("/m/private?a=1&b=é", headers=BROWSER)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/connexion/renouveler?vers=/m/private%3Fa%3D1%26b%3D%25C3%25A9"


def test_a_forged_token_is_not_sent_round_in_circles(client: Client) -> None:
    answer = with_token(client, "forged").get("/m/private", headers=BROWSER)
    assert answer.status_code == 401
    assert "Connexion nécessaire" in answer.text


def test_fragments_and_streams_are_told_to_renew(client: Client) -> None:
    for headers in ({"hx-request": "true", "accept": "*/*"}, {"accept": "text/event-stream"}):
        answer = client.get("/m/private", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "token-missing"


def test_an_expired_token_does_for_an_unsafe_request_of_a_live_session(client: Client) -> None:
    assert with_token(client, "expired").post("/m/act", headers=BROWSER | OURS).status_code == 303


def test_what_was_typed_after_the_end_is_shown_back_without_secrets(client: Client) -> None:
    form = {"body": "Bonjour <docteur>", "password": "not shown"}
    referer = {"referer": f"{ORIGIN}/m/page?x=1"}
    answer = with_token(client, "over").post("/m/act", data=form, headers=BROWSER | OURS | referer)
    assert answer.status_code == 401
    assert "Votre session a expiré" in answer.text
    assert "conservée" not in answer.text
    assert "Bonjour &lt;docteur&gt;" in answer.text
    assert "not shown" not in answer.text
    assert "/connexion/renouveler?vers=/m/page%3Fx%3D1" in answer.text


def test_without_keys_nobody_is_told_that_the_session_is_over(client: Client, guard: OneSession) -> None:
    guard.keys_loaded = False
    assert with_token(client, "forged").get("/m/private", headers=BROWSER).status_code == 503


def test_only_the_listed_routes_are_public(client: Client) -> None:
    handlers = [handler for route in client.app.routes for handler in getattr(route, "route_handlers", [])]
    public = {path for handler in handlers if handler.opt.get("public") for path in handler.paths}
    assert public == {
        "/health/live",
        "/health/ready",
        "/metrics",
        "/m/_static/{name:str}",
        "/m/_saisie",
        "/m/open",
        "/m/page",
        "/m/form",
        "/m/fails/{how:str}",
    }


def test_without_scripts_the_page_says_until_when_the_session_holds(client: Client) -> None:
    said = re.compile(r"<noscript><p>Sans action de votre part, votre session se termine à \d+\xa0h\xa0\d\d\.</p>")
    assert not said.search(client.get("/m/page").text)
    assert said.search(with_token(client, "alive").get("/m/page").text)
