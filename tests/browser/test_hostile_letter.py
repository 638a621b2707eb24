"""A letter that tries everything: nothing of it runs, asks elsewhere, leaves its frame or pretends to be ours."""

from pathlib import Path
from string import Template

import pytest
from playwright.sync_api import expect

from demo.letters import Letter
from demo.letters import Person as Professional
from demo.patient import Patient

from .person import Person
from .receiving import Receives, frame_of
from .test_pages import hidden_to_the_right
from .watching import Watch

pytestmark = [pytest.mark.stack, pytest.mark.browser]

STRANGER = Professional("Mon espace santé <b>officiel</b>", "piege@hopital.mssante.fr")
SUBJECT = "Urgent <script>parent.marked='subject'</script>"
RUNS = "top.marked = parent.marked = window.marked = 'ran'"
CELLS = "".join(f"<td>colonne-{number}</td>" for number in range(200))
HTML = Template(Path(__file__).with_name("hostile.html").read_text()).substitute(runs=RUNS, cells=CELLS)
FORBIDDEN = (
    "form, input, button, script, body style, iframe, object, video, audio, svg, math, base, meta[http-equiv]"
)


@pytest.fixture
def opened(receives: Receives, patient: Patient) -> tuple[Person, Watch]:
    """The letter, open before a patient, and the watch over what it does."""
    to = [Professional(patient.name, patient.mailbox)]
    letter = Letter(sender=STRANGER, to=to, subject=SUBJECT, text="x", html=HTML)
    person, watch = receives(letter, "Urgent")
    person.sees_heading(SUBJECT)
    expect(frame_of(person.page).get_by_text("Fin de la lettre.")).to_be_visible()
    return person, watch


def test_nothing_of_it_runs_or_asks_elsewhere(opened: tuple[Person, Watch]) -> None:
    person, watch = opened
    person.page.wait_for_load_state("load")
    assert person.page.evaluate("window.marked") is None
    assert watch.asked_elsewhere == []
    assert watch.wrong == []
    assert person.page.url.startswith(person.origin)


def test_it_has_no_form_no_covering_piece_and_no_link_that_does_something(opened: tuple[Person, Watch]) -> None:
    frame = frame_of(opened[0].page)
    expect(frame.get_by_text("Bonjour, ceci se lit.")).to_be_visible()
    expect(frame.locator(FORBIDDEN)).to_have_count(0)
    expect(frame.get_by_text("Votre session a expiré")).to_have_css("position", "static")
    expect(frame.get_by_role("link")).to_have_count(1)
    link = frame.get_by_role("link", name="lien au-dehors")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


def test_it_stays_in_its_frame_at_every_width(opened: tuple[Person, Watch]) -> None:
    page = opened[0].page
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert hidden_to_the_right(page) == 0


def test_who_takes_our_name_is_marked_as_from_outside(opened: tuple[Person, Watch]) -> None:
    opened[0].sees("Expéditeur extérieur au service")
