"""A letter that wants all the room, with files that want to run: it keeps its place, they stay files."""

import re
from pathlib import Path
from string import Template

import pytest
from playwright.sync_api import Page, expect

from demo.letters import File, Letter
from demo.letters import Person as Professional
from demo.patient import Patient

from .person import Person
from .receiving import Receives, frame_of
from .test_pages import hidden_to_the_right
from .watching import Watch

pytestmark = [pytest.mark.stack, pytest.mark.browser]

STRANGER = Professional("X" * 400, "encombrant@hopital.mssante.fr")
SUBJECT = "\N{RIGHT-TO-LEFT OVERRIDE}" + "Objetsansfin" * 60
TABLES = "<table><tr><td>" * 300 + "au fond" + "</td></tr></table>" * 300
HTML = Template(Path(__file__).with_name("sprawling.html").read_text()).substitute(
    word="m" * 1_000_000, tables=TABLES
)
RUNS = b"<script>top.marked = parent.marked = 'ran'; alert(1)</script>"
FILES = (
    File(name="facture\N{RIGHT-TO-LEFT OVERRIDE}fdp.html", media_type="text/html", content=b"<html>" + RUNS),
    File(
        name="radio.svg",
        media_type="image/png",
        content=b"<svg xmlns='http://www.w3.org/2000/svg'>" + RUNS + b"</svg>",
    ),
    File(name="n" * 300 + ".pdf", media_type="application/pdf", content=b"%PDF-1.7\n" + RUNS),
    File(name="notes.txt", media_type="text/plain", content=b"Bonjour " + RUNS),
)
ACTING = "[hx-get], [popover], [contenteditable], [id], [class], [ping], [download], dialog, select, textarea"
LAID_OUT = """() => [...document.querySelectorAll('*')].filter((e) => {
  const style = getComputedStyle(e);
  return style.position !== 'static' || style.backgroundImage !== 'none' || style.transform !== 'none';
}).length"""


@pytest.fixture
def opened(receives: Receives, patient: Patient) -> tuple[Person, Watch]:
    """The letter, open before a patient, and the watch over what it does."""
    to = [Professional(patient.name, patient.mailbox)]
    letter = Letter(sender=STRANGER, to=to, subject=SUBJECT, text="x", html=HTML, files=FILES)
    person, watch = receives(letter, "Objetsansfin")
    expect(frame_of(person.page).get_by_text("La dernière ligne.")).to_be_attached()
    return person, watch


def test_it_keeps_its_place_and_its_files_stay_files(opened: tuple[Person, Watch]) -> None:
    person, watch = opened
    nothing_ran(person, watch)
    the_page_is_whole_at_every_width(person.page)
    nothing_in_it_covers_or_paints(person.page)
    names_read_from_left_to_right(person.page)
    its_files_are_only_downloaded(person)
    a_text_is_shown_as_text(person)
    nothing_ran(person, watch)


def nothing_ran(person: Person, watch: Watch) -> None:
    person.page.wait_for_load_state("load")
    assert person.page.evaluate("window.marked") is None
    assert watch.asked_elsewhere == []
    assert watch.wrong == []
    assert person.page.url.startswith(person.origin)


def the_page_is_whole_at_every_width(page: Page) -> None:
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert hidden_to_the_right(page) == 0
        frame = page.locator("iframe.letter-frame").bounding_box()
        assert frame is not None
        assert frame["x"] >= 0 and frame["x"] + frame["width"] <= width
    expect(page.get_by_role("button", name="Répondre").first).to_be_visible()


def nothing_in_it_covers_or_paints(page: Page) -> None:
    body = frame_of(page).locator("body")
    assert body.evaluate(f"(body) => ({LAID_OUT})()") == 0
    expect(
        frame_of(page).locator("[hx-get], [popover], [contenteditable], [id], [class], [ping], dialog")
    ).to_have_count(0)


def names_read_from_left_to_right(page: Page) -> None:
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.locator("#contenu").inner_text())


def its_files_are_only_downloaded(person: Person) -> None:
    for link in person.page.locator(".files a.file-name").all():
        address = f"{person.origin}{link.get_attribute('href')}/fichier"
        answer = person.page.request.get(address)
        headers = answer.headers
        assert headers["content-disposition"].startswith("attachment")
        assert "sandbox" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def a_text_is_shown_as_text(person: Person) -> None:
    person.page.get_by_role("link", name="notes.txt").click()
    expect(person.page.locator(".preview pre")).to_contain_text("<script>top.marked")
    assert hidden_to_the_right(person.page) == 0
