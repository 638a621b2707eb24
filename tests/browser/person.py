"""A patient in front of a browser: finds things by the words on the page, as a person does."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Locator, Page, expect

from demo.catcher import Catcher
from demo.patient import Patient, wait_for_code

SOON_MS = 30_000
LOOK_AGAIN_MS = 1_000


class Person:
    """One patient and their page. Every wait is for something they would see, at most half a minute."""

    def __init__(self, page: Page, origin: str, patient: Patient, catcher: Catcher) -> None:
        page.set_default_timeout(SOON_MS)
        page.set_default_navigation_timeout(SOON_MS)
        self.page = page
        self.origin = origin
        self.patient = patient
        self.catcher = catcher

    def go(self, path: str) -> None:
        """Open an address of the site."""
        self.page.goto(f"{self.origin}{path}")

    def log_in(self) -> None:
        """Identifier, password, the choice of e-mail, and the code that really arrived."""
        self.identify()
        since = datetime.now(UTC)
        self.choose_email()
        self.fill("Code d'accès à usage unique", wait_for_code(self.catcher, self.patient, since))
        self.press("Se connecter")
        self.sees_heading(f"Bonjour {self.patient.given_name},")

    def identify(self) -> None:
        """The first step of the log-in."""
        self.go("/connexion")
        self.fill("Mon identifiant", self.patient.identifier)
        self.fill("Mon mot de passe", self.patient.password)
        self.press("Continuer")
        self.sees_heading("2 Je choisis le mode de réception de mon code d'accès")

    def choose_email(self) -> None:
        """The second step."""
        self.page.get_by_label("Par email").check()
        self.press("Continuer")
        self.sees_heading("3 Je saisis le code d'accès")

    def fill(self, label: str, text: str) -> None:
        """Write into a labelled field."""
        self.page.get_by_label(label, exact=True).fill(text)

    def press(self, words: str) -> None:
        """Press the button whose name begins with these words."""
        self.page.get_by_role("button", name=re.compile(f"^{re.escape(words)}")).first.click()

    def follow(self, words: str) -> None:
        """Press the link whose name begins with these words."""
        self.page.get_by_role("link", name=re.compile(f"^{re.escape(words)}")).first.click()

    def sees(self, words: str) -> None:
        """Wait until these words are on the page."""
        expect(self.page.get_by_text(words).first).to_be_visible(timeout=SOON_MS)

    def sees_heading(self, words: str) -> None:
        """Wait for the page with this heading."""
        expect(self.page.get_by_role("heading", name=words).first).to_be_visible(timeout=SOON_MS)

    def sees_not(self, words: str) -> None:
        """Wait until these words are nowhere."""
        expect(self.page.get_by_text(words)).to_have_count(0, timeout=SOON_MS)

    def row(self, name: str) -> Locator:
        """The conversation's row in the list, by the name it shows."""
        return self.page.locator("#liste a.row").filter(has_text=name)

    def reloads_until(self, wanted: Locator) -> None:
        """Look again, as who waits for something on a page that doesn't renew itself."""
        for _ in range(SOON_MS // LOOK_AGAIN_MS):
            try:
                expect(wanted).to_be_visible(timeout=LOOK_AGAIN_MS)
            except AssertionError:
                self.page.reload()
            else:
                return
        expect(wanted).to_be_visible()

    def finds(self, name: str) -> Locator:
        """Go to the mailbox and wait for the conversation's row."""
        self.go("/messagerie")
        row = self.row(name)
        self.reloads_until(row)
        return row

    def mark_page(self) -> None:
        """Remember this very page, so that `same_page` knows whether it was loaded again."""
        self.page.evaluate("window.marked = true")

    def same_page(self) -> bool:
        """Whether the page is still the one that was marked."""
        return bool(self.page.evaluate("window.marked === true"))
