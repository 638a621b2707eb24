"""Each part of the stack away in turn, in front of somebody who goes through the site.

Every page answers, in the shell's look, with what it is for or what is missing; one that is looked at comes back
by itself. The promise is two seconds; a machine that is busy with other things is given ten.
"""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from demo import people
from demo.catcher import Catcher
from demo.letters import Person as Professional
from demo.patient import Patient
from demo.professional import MailClient
from stack.control import Stack
from tests.system.outages import frozen, without

from .person import Person
from .watching import Watch

pytestmark = [pytest.mark.stack, pytest.mark.browser]

ANSWERED_MS = 10_000
BACK_MS = 60_000
MISSING = "indisponible"
HEADINGS = {
    "/": "Bonjour",
    "/compte/preferences": "Préférences",
    "/messagerie": "Messagerie",
    "letter": people.SUBJECT,
    "file": people.PDF_NAME,
    "/documents": "Documents de santé",
    "/profil": "Profil médical",
    "/aide": "Aide",
}
"""Every page of the journey, and the heading by which it is known."""
WORDS = "les résultats de votre examen"
"""Of the letter: it can be read as long as its page is there."""
OF_AUTH, OF_MESSAGING = {"/", "/compte/preferences", "/aide"}, {"/messagerie", "letter", "file"}
AWAY = {
    "mongodb": {"/", "/compte/preferences", *OF_MESSAGING, "/documents", "/profil"},
    "kafka": set[str](),
    "minio": {"file"},
    "auth": OF_AUTH,
    "messaging-web": OF_MESSAGING,
    "documents": {"/documents"},
    "synthesis": {"/profil"},
    "notifier": set[str](),
}
"""What each part takes with it; everything else works on."""
FROZEN = ("mongodb", "kafka", "minio")
"""Backing services that may also hold their connections and say nothing: no page waits for one to speak."""


@pytest.fixture
def person(
    new_context: Callable[..., tuple[BrowserContext, Watch]], origin: str, patient: Patient, catcher: Catcher
) -> Iterator[Person]:
    """The patient, before a site of which a part is away: that is what this is about."""
    context, watch = new_context()
    with watch.expecting(499, 502, 503, 504):  # 499: who walks on does not wait for the menu
        yield Person(context.new_page(), origin, patient, catcher)
    watch.wrong = [each for each in watch.wrong if "/flux" not in each]  # an open stream is cut with its part


class Journey:
    """The pages of somebody with a letter, each found by its heading."""

    def __init__(self, person: Person, letter: str, file: str) -> None:
        self.person = person
        self.addresses = {name: name for name in HEADINGS} | {"letter": letter, "file": file}
        self.took: dict[str, float] = {}

    def goes_through(self, missing: set[str]) -> None:
        """Look at every page: in the shell's look it says what it is for, or that it is missing."""
        for name, heading in HEADINGS.items():
            self.opens(self.person.page, name)
            first = self.person.page.get_by_role("heading", level=1).first
            expect(self.person.page.locator("main")).to_be_visible()
            expect(first).to_contain_text(MISSING if name in missing else heading)
            if name == "letter" and name not in missing:
                letter = self.person.page.frame_locator("iframe.letter-frame").first
                expect(letter.get_by_text(WORDS)).to_be_visible()

    def opens(self, page: Page, name: str) -> None:
        """Open it, and remember how long that took."""
        began = time.monotonic()
        page.goto(f"{self.person.origin}{self.addresses[name]}", timeout=ANSWERED_MS, wait_until="commit")
        self.took[name] = max(self.took.get(name, 0.0), time.monotonic() - began)


@pytest.fixture
def journey(person: Person, mail_client: Callable[[Professional], MailClient]) -> Journey:
    """Logged in, with a letter open; its file has not been looked at, so nothing of it is remembered."""
    mail_client(people.CHRISTELLE).send(people.letter_with_results(), [person.patient.mailbox])
    person.log_in()
    person.finds(people.CHRISTELLE.name).click()
    person.sees_heading(people.SUBJECT)
    file = person.page.get_by_role("link", name=people.PDF_NAME).first.get_attribute("href")
    assert file
    return Journey(person, person.page.url.removeprefix(person.origin), file)


@pytest.mark.parametrize("away", AWAY)
def test_the_site_goes_on_without_a_part_and_comes_back_by_itself(
    journey: Journey, stack: Stack, away: str
) -> None:
    missing = AWAY[away]
    waiting = journey.person.page.context.new_page()
    for taken in (without, frozen) if away in FROZEN else (without,):
        with taken(stack, away):
            journey.goes_through(missing)
            for name in sorted(missing)[:1]:
                journey.opens(waiting, name)
                expect(waiting.get_by_role("heading", level=1).first).to_contain_text(MISSING)
        for name in sorted(missing)[:1]:
            back = waiting.get_by_role("heading", level=1).first
            expect(back).to_contain_text(HEADINGS[name], timeout=BACK_MS)
    journey.goes_through(set())
    assert {name: took for name, took in journey.took.items() if took > ANSWERED_MS / 1000} == {}
    print(away, {name: round(took, 2) for name, took in journey.took.items()})  # noqa: T201 - the figures, with -s
