"""A person who reads English: every service speaks it, and remembers."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from demo.patient import wait_for_code

from .person import Person

pytestmark = [pytest.mark.stack, pytest.mark.browser]

PAGES = {
    "/": "You are in charge of your health",
    "/messagerie": "My mailbox address to give to my health professionals",
    "/documents": "I have no health documents",
    "/profil": "Medical profile",
    "/compte/preferences": "Letters from your professionals",
}


def test_the_language_a_person_chose_is_spoken_everywhere_and_comes_back(person: Person) -> None:
    person.log_in()
    person.press("English")
    for path, words in PAGES.items():
        person.page.goto(f"{person.origin}{path}")
        person.sees(words)
        expect(person.page.locator("html")).to_have_attribute("lang", "en")
    person.page.goto(f"{person.origin}/compte")
    person.press("Log out")
    person.sees_heading("You are logged out")

    person.page.context.clear_cookies(name="__Host-pli-langue")
    person.identify()
    since = datetime.now(UTC)
    person.choose_email()
    person.fill("Code d'accès à usage unique", wait_for_code(person.catcher, person.patient, since))
    person.press("Se connecter")
    person.sees_heading(f"Hello {person.patient.given_name},")
