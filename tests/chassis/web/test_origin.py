"""Unsafe requests come from our own pages alone (OWASP, "Cross-Site Request Forgery": Fetch Metadata)."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from .conftest import ORIGIN


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "same-origin", "origin": "https://other.example"}, 303),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": ORIGIN}, 403),
        ({"origin": ORIGIN}, 303),
        ({"origin": "null"}, 403),
        ({"origin": "https://other.example"}, 403),
        ({"origin": "https://other.example", "host": "other.example"}, 403),
        ({"origin": ORIGIN.replace("https", "http")}, 403),
        ({}, 403),
    ],
)
def test_an_unsafe_request_must_come_from_our_own_pages(
    inaya: TestClient[Litestar], headers: dict[str, str], status: int
) -> None:
    assert inaya.post("/m/act", headers=headers).status_code == status


def test_a_safe_request_may_come_from_anywhere(inaya: TestClient[Litestar]) -> None:
    assert inaya.get("/m/private", headers={"sec-fetch-site": "cross-site"}).status_code == 200
