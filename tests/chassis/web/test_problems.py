"""Errors: one code, one sentence, what to do next; a page for people, problem details for programs."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from .conftest import BROWSER, OURS

Client = TestClient[Litestar]


@pytest.mark.parametrize(
    ("path", "status", "code", "words"),
    [
        ("/m/fails/away", 503, "backing-service-away", "momentanément indisponible"),
        ("/m/fails/bug", 500, "unexpected", "de notre côté"),
        ("/m/nowhere", 404, "not-found", "Page introuvable"),
    ],
)
def test_an_error_is_a_page_for_people_and_details_for_programs(
    client: Client, path: str, status: int, code: str, words: str
) -> None:
    page, details = client.get(path, headers=BROWSER), client.get(path)
    assert page.status_code == details.status_code == status
    assert words in page.text
    assert details.headers["content-type"] == "application/problem+json"
    assert details.json()["code"] == code
    assert details.json()["next"]


def test_an_unforeseen_error_tells_nothing_of_itself(client: Client) -> None:
    for headers in (BROWSER, {}):
        answer = client.get("/m/fails/bug", headers=headers)
        assert "Inaya" not in answer.text
        assert "Traceback" not in answer.text
        assert "KeyError" not in answer.text


def test_a_space_being_prepared_is_looked_for_by_its_page(client: Client) -> None:
    answer = client.get("/m/fails/soon", headers=BROWSER)
    assert answer.status_code == 503
    assert 'data-returns="3"' in answer.text
    assert "/returning." in answer.text
    assert "en cours de préparation" in answer.text


def test_a_page_whose_store_is_away_looks_for_what_it_stands_for_and_disturbs_nobody_meanwhile(
    client: Client,
) -> None:
    looked_at = client.get("/m/fails/away", headers=BROWSER)
    assert 'data-returns="10"' in looked_at.text
    assert "se recharge d'elle-même" in looked_at.text.replace("&#39;", "'")
    assert "refresh" not in looked_at.headers
    assert client.get("/m/fails/away").headers["retry-after"] == "5"


def test_a_method_that_is_not_offered_is_said_so(inaya: Client) -> None:
    answer = inaya.request("PUT", "/m/private", headers=OURS)
    assert answer.status_code == 405
    assert answer.json()["code"] == "method-not-allowed"


def test_a_body_over_its_limit_is_refused_before_it_is_read(client: Client) -> None:
    headers = OURS | {"content-type": "application/x-www-form-urlencoded"}
    answer = client.post("/m/form", content=b"body=" + b"a" * 5_000, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["code"] == "body-too-large"


async def test_a_body_without_a_length_is_cut_at_its_limit(client: Client) -> None:
    pieces, answer = 0, []

    async def receive() -> dict[str, object]:
        nonlocal pieces
        pieces += 1
        return {"type": "http.request", "body": b"a" * 1_000, "more_body": True}

    async def send(message: dict[str, object]) -> None:
        answer.append(message)

    headers = [(b"sec-fetch-site", b"same-origin"), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/m/form",
        "raw_path": b"/m/form",
        "query_string": b"",
        "headers": headers,
        "client": None,
        "server": None,
        "scheme": "https",
        "http_version": "1.1",
    }
    await client.app(scope, receive, send)  # type: ignore[arg-type]
    assert answer[0]["status"] == 413
    assert pieces <= 4


def test_what_is_wrong_is_said_by_readiness(client: Client, readiness: object) -> None:
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 200
    readiness.found = {"store": "store is away", "bus": True}  # type: ignore[attr-defined]
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"store": "store is away"}


def test_figures_name_routes_and_no_addresses(client: Client) -> None:
    client.get("/m/fails/away")
    figures = client.get("/metrics").text
    assert 'route="/m/fails/{how}"' in figures
    assert "/m/fails/away" not in figures
