"""The page that a patient sees when a part of the site is away."""

import pytest

from gateway_pages.app import answer, only_looks
from gateway_pages.language import wanted

NAME = "Mon espace <santé>"


@pytest.mark.parametrize("status", [404, 429, 502, 503, 504])
def test_each_status_has_its_page_in_french(status: int) -> None:
    given = answer(f"/_gateway/{status}", NAME)
    assert given.status == status
    assert b'<html lang="fr">' in given.body
    assert b"$" not in given.body
    assert "Mon espace &lt;santé&gt;".encode() in given.body


@pytest.mark.parametrize("path", ["/", "/_gateway/", "/_gateway/200", "/_gateway/%00", "/_gateway/../etc"])
def test_anything_else_is_no_such_page(path: str) -> None:
    assert answer(path, NAME).status == 404


def test_pages_run_nothing_and_load_only_their_stylesheet() -> None:
    headers = dict(answer("/_gateway/502", NAME).headers)
    assert b"default-src 'none'" in headers[b"content-security-policy"]
    assert b"<script" not in answer("/_gateway/502", NAME).body
    assert answer("/_gateway/page.css", NAME).status == 200


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ([], "fr"),
        ([(b"accept-language", b"en-GB,en;q=0.9,fr;q=0.8")], "en"),
        ([(b"accept-language", b"de,fr;q=0.9")], "fr"),
        ([(b"accept-language", b"fr"), (b"cookie", b"a=1; __Host-pli-langue=en")], "en"),
        ([(b"accept-language", b"en"), (b"cookie", b"__Host-pli-langue=fr")], "fr"),
        ([(b"cookie", b"\xff[=]; __Host-pli-langue=../../en")], "fr"),
    ],
)
def test_pages_are_in_the_language_of_who_asks(headers: list[tuple[bytes, bytes]], language: str) -> None:
    assert wanted(headers) == language


def test_an_english_page_is_english_throughout() -> None:
    page = answer("/_gateway/502", NAME, "en").body.decode()
    assert '<html lang="en">' in page
    assert "Skip to content" in page
    assert "accueil" not in page


LOOKING = [(b"sec-fetch-mode", b"navigate"), (b"accept", b"text/html")]


@pytest.mark.parametrize(
    ("headers", "looks"),
    [
        (LOOKING, True),
        ([*LOOKING, (b"origin", b"http://localhost:8080")], False),
        ([*LOOKING, (b"content-type", b"application/x-www-form-urlencoded")], False),
        ([(b"sec-fetch-mode", b"cors")], False),
        ([], False),
    ],
)
def test_only_a_page_that_was_looked_at_asks_again_by_itself(
    headers: list[tuple[bytes, bytes]], looks: bool
) -> None:
    assert only_looks(headers) is looks


@pytest.mark.parametrize(
    ("status", "reloads"), [(404, False), (429, False), (502, True), (503, True), (504, True)]
)
def test_a_page_that_waits_for_a_part_comes_back_by_itself_and_says_so(status: int, reloads: bool) -> None:
    given = answer(f"/_gateway/{status}", NAME, reloads=True)
    assert (b"refresh" in dict(given.headers)) is reloads
    assert ("se recharge d'elle-même".encode() in given.body) is reloads
