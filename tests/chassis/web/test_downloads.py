"""Bytes from others: in ranges, and harmless."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from chassis.web import content_disposition

from .conftest import CONTENT

Client = TestClient[Litestar]


def test_a_whole_file_is_a_download_that_can_run_nothing(inaya: Client) -> None:
    answer = inaya.get("/m/file")
    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, 2048),
        ("bytes=-5", 2043, 2048),
        ("bytes=-9999", 0, 2048),
        ("bytes=2000-9999", 2000, 2048),
    ],
)
def test_a_range_is_answered_by_its_bytes(inaya: Client, asked: str, first: int, end: int) -> None:
    answer = inaya.get("/m/file", headers={"range": asked})
    assert answer.status_code == 206
    assert answer.content == CONTENT[first:end]
    assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/2048"
    assert answer.headers["content-length"] == str(end - first)


@pytest.mark.parametrize("asked", ["bytes=2048-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_outside_is_refused(inaya: Client, asked: str) -> None:
    answer = inaya.get("/m/file", headers={"range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */2048"


@pytest.mark.parametrize("asked", ["bytes=9-1", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "nonsense"])
def test_a_range_that_makes_no_sense_is_ignored(inaya: Client, asked: str) -> None:
    assert inaya.get("/m/file", headers={"range": asked}).status_code == 200


def test_a_file_is_named_for_old_and_new_readers_and_breaks_no_header() -> None:
    assert content_disposition("Résultats d'été.pdf") == (
        "attachment; filename=\"Resultats d'ete.pdf\"; filename*=UTF-8''R%C3%A9sultats%20d%27%C3%A9t%C3%A9.pdf"
    )
    spoilt = content_disposition('../a"\r\nSet-Cookie: x\u202efdp.exe')
    assert "\r" not in spoilt
    assert "/" not in spoilt.partition("filename*")[0]
    assert spoilt.count('"') == 2
