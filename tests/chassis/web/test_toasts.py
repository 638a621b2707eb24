"""A toast is said once, by the next page, and only by its code."""

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
