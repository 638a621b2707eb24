"""A toast is said once, by the next page, and only by its code."""

from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from chassis import web

from .conftest import BROWSER, OURS

Client = TestClient[Litestar]


def test_a_toast_is_said_by_the_next_page_and_then_no_more(inaya: Client) -> None:
    answer = inaya.post("/m/act", headers=BROWSER | OURS)
    assert answer.headers["location"] == "/m/page"
    assert "pli-toast=message-sent" in answer.headers["set-cookie"]
    first = inaya.get("/m/page", headers=BROWSER)
    assert "Message envoyé" in first.text
    assert 'role="status"' in first.text
    assert "Max-Age=0" in first.headers["set-cookie"]
    inaya.cookies.delete("pli-toast")
    assert "Message envoyé" not in inaya.get("/m/page", headers=BROWSER).text


def test_a_toast_that_nobody_registered_says_nothing(inaya: Client) -> None:
    inaya.cookies.set("pli-toast", "<b>Appelez ce numero</b>")
    assert "Appelez" not in inaya.get("/m/page", headers=BROWSER).text


@pytest.mark.parametrize("url", ["https://other.example", "//other.example", "/\\other.example", "m/page"])
def test_one_is_only_sent_to_local_addresses(url: str) -> None:
    with pytest.raises(ValueError):
        web.see_other(url)


def test_free_text_is_no_toast() -> None:
    with pytest.raises(ValueError):
        web.see_other("/m", toast="Message envoyé")


ABOUT = "01975a3c-1f60-7a10-9c4e-2b7d5e8f0a31"
PAGES = web.WebPages(
    prefix="/m",
    templates=Path("templates"),
    toasts={
        "document-added": web.Toast("Document ajouté", "/documents/{id}", "Voir le document"),
        "saved": "Fait",
    },
)


def test_a_toast_leads_to_the_thing_it_is_about() -> None:
    assert PAGES.toast(f"document-added.{ABOUT}") == web.Toast(
        "Document ajouté", f"/documents/{ABOUT}", "Voir le document"
    )


@pytest.mark.parametrize("said", ["document-added", "document-added.", "document-added.x"])
def test_a_toast_about_nothing_that_is_an_id_leads_nowhere(said: str) -> None:
    assert PAGES.toast(said) == web.Toast("Document ajouté")


def test_what_a_toast_is_about_is_an_id() -> None:
    assert "document-added." in str(web.see_other("/m", toast="document-added", about=ABOUT).cookies[0].value)
    with pytest.raises(ValueError):
        web.see_other("/m", toast="document-added", about="../compte")


def test_a_fragment_leaves_for_a_local_address_only() -> None:
    assert web.leave_for("/m").headers["hx-redirect"] == "/m"
    with pytest.raises(ValueError):
        web.leave_for("//other.example")
