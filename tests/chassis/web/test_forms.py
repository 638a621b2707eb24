"""Forms are read strictly: what is missing, huge, repeated or wrongly encoded is refused by name."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from .conftest import OURS

Client = TestClient[Litestar]
URL_ENCODED = OURS | {"content-type": "application/x-www-form-urlencoded"}


def post(client: Client, body: bytes) -> Any:
    return client.post("/m/form", content=body, headers=URL_ENCODED)


def test_a_form_is_read_into_its_struct(client: Client) -> None:
    answer = post(client, b"body=Bonjour%0D%0AInaya&pages=3&on=2026-06-09&to=a&to=b&receipt=on&other=x")
    assert answer.json() == {
        "body": "Bonjour\nInaya",
        "pages": 3,
        "on": "2026-06-09",
        "to": ["a", "b"],
        "receipt": True,
    }


def test_fields_left_empty_take_their_defaults(client: Client) -> None:
    answer = post(client, b"body=&pages=&on=")
    assert answer.json() == {"body": "", "pages": 0, "on": None, "to": [], "receipt": False}


def test_a_multipart_form_is_read_the_same_without_its_files(client: Client) -> None:
    answer = client.post("/m/form", data={"body": "été"}, files={"file": ("a.pdf", b"%PDF")}, headers=OURS)
    assert answer.json()["body"] == "été"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"pages=1", ["body"]),
        (b"pages=many&on=yesterday", ["body", "pages", "on"]),
        (b"body=a&body=b", ["body"]),
        (b"body=a%00b", ["body"]),
        (b"body=a&receipt=perhaps", ["receipt"]),
        (b"body=%FF%FE", None),
        (b"body=\xff", None),
        (b"&".join([b"a=b"] * 1_200)[:1_900], ["body"]),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(client: Client, body: bytes, fields: list[str] | None) -> None:
    answer = post(client, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "unreadable-form"
    assert answer.json().get("fields") == fields


def test_a_broken_multipart_form_is_refused(client: Client) -> None:
    for body in (b"--x\r\nContent-Disposition: form-data; name=body\r\n\r\n\xff\r\n--x--\r\n", b"nonsense"):
        headers = OURS | {"content-type": "multipart/form-data; boundary=x"}
        assert client.post("/m/form", content=body, headers=headers).status_code == 400


def test_other_kinds_of_bodies_are_refused(client: Client) -> None:
    assert client.post("/m/form", json={"body": "a"}, headers=OURS).status_code == 400
