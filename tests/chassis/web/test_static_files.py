"""Static files: named by content, kept for ever, the same bytes as their note of origin says."""

import re
from hashlib import sha256
from pathlib import Path

from litestar import Litestar
from litestar.testing import TestClient

import chassis.web

STATIC = Path(chassis.web.__file__).parent / "static"
Client = TestClient[Litestar]


def addresses(client: Client) -> list[str]:
    return re.findall(r"/m/_static/[\w.]+", client.get("/m/page").text)


def test_every_static_file_of_a_page_is_there_and_kept_for_ever(client: Client) -> None:
    found = addresses(client)
    assert len(found) >= 5
    for address in found:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_the_style_sheet_names_the_font_by_its_hash(client: Client) -> None:
    sheet = next(address for address in addresses(client) if address.endswith(".css"))
    font = next(address for address in addresses(client) if address.endswith(".woff2"))
    assert f'url("{font.rsplit("/", 1)[1]}")' in client.get(sheet).text


def test_an_unknown_static_file_is_not_found(client: Client) -> None:
    assert client.get("/m/_static/pli.css").status_code == 404
    assert client.get("/m/_static/..%2f..%2fapp.py").status_code == 404


def test_others_files_are_the_ones_their_note_tells() -> None:
    rows = re.findall(r"^\| `([\w.]+)` .*`([0-9a-f]{64})` \|$", (STATIC / "THIRD-PARTY.md").read_text(), re.M)
    assert {name for name, _ in rows} == {"htmx.js", "atkinson.woff2", "icons.svg"}
    for name, told in rows:
        assert sha256((STATIC / name).read_bytes()).hexdigest() == told


def test_every_icon_that_a_piece_shows_is_in_the_sprite() -> None:
    templates = "".join(path.read_text() for path in (STATIC.parent / "templates").glob("*.html"))
    named = re.findall(r'icon(?:\("|=")([a-z0-9-]+)"', templates)
    sprite = (STATIC / "icons.svg").read_text()
    assert [name for name in named if f'id="{name}"' not in sprite] == []
