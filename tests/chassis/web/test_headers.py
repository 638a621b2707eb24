"""Every answer says what a browser may do with it."""

from collections.abc import Callable

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from chassis.web.headers import PAGE_POLICY

from .conftest import BROWSER

Client = TestClient[Litestar]


@pytest.mark.parametrize("path", ["/m/page", "/m/private", "/m/nowhere", "/health/live", "/m/fails/bug"])
def test_every_answer_is_closed_to_others_and_kept_nowhere(client: Client, path: str) -> None:
    headers = client.get(path, headers=BROWSER).headers
    assert headers["content-security-policy"] == PAGE_POLICY
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["strict-transport-security"].startswith("max-age=")


def test_the_policy_allows_no_inline_script_or_style() -> None:
    assert "unsafe" not in PAGE_POLICY
    assert PAGE_POLICY.startswith("default-src 'none'")


def test_plain_http_is_not_pinned_to_tls(build: Callable[..., Litestar]) -> None:
    with TestClient(build(origin="http://localhost:8080")) as client:
        assert "strict-transport-security" not in client.get("/health/live").headers


def test_a_letter_may_only_be_framed_by_our_pages_and_runs_nothing(inaya: Client) -> None:
    policy = inaya.get("/m/letter").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "sandbox allow-same-origin" in policy
    assert "script" not in policy


def test_no_page_of_the_shell_has_inline_script_or_style(build: Callable[..., Litestar]) -> None:
    with TestClient(build(development=True)) as client:
        client.cookies.set("__Host-pli", "alive")
        page = client.get("/m/_pieces")
    assert page.status_code == 200
    for forbidden in (" style=", "<style", "hx-on", " onclick", "javascript:", "<script>"):
        assert forbidden not in page.text


def test_the_pieces_are_shown_to_developers_alone(client: Client) -> None:
    assert client.get("/m/_pieces").status_code == 404
