"""A file from the device, on a line that is cut: it goes on where it was, and the session is kept alive by it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from demo import people
from demo.letters import Letter
from demo.letters import Person as Professional
from demo.professional import MailClient
from tests.system.waiting import until

from .person import SOON_MS, Person

pytestmark = [pytest.mark.stack, pytest.mark.browser]

CONTENT = b"%PDF-1.7\n" + b"%" * 2_500_000 + b"\ntrailer\n%%EOF\n"
FILE: FilePayload = {"name": "clichés.pdf", "mimeType": "application/pdf", "buffer": CONTENT}
TELL_ACTIVITY = "document.addEventListener('pli:activity', () => console.info('activity'))"


class Line:
    """What is sent of files, and which of it is cut: the second piece."""

    def __init__(self) -> None:
        self.offsets: list[int] = []

    def carry(self, route: Route) -> None:
        """Let it through, or cut it."""
        offset = route.request.headers.get("upload-offset")
        if offset is None:
            route.continue_()
            return
        self.offsets.append(int(offset))
        if len(self.offsets) == 2:
            route.abort("aborted")
        else:
            route.continue_()


class Held:
    """What is sent of files, the second piece only when it is let go."""

    def __init__(self) -> None:
        self.waiting: list[Route] = []

    def carry(self, route: Route) -> None:
        """Let it through, or keep it."""
        if route.request.headers.get("upload-offset") == "1048576":
            self.waiting.append(route)
        else:
            route.continue_()

    def let_go(self) -> None:
        """Let through what was kept."""
        for route in self.waiting:
            route.continue_()


@pytest.fixture
def answering(person: Person, mail_client: Callable[[Professional], MailClient]) -> Person:
    """The patient on the page of a draft."""
    me = Professional(person.patient.name, person.patient.mailbox)
    letter = Letter(sender=people.CHRISTELLE, to=[me], subject="Vos clichés", text="Envoyez-les-moi.")
    mail_client(people.CHRISTELLE).send(letter, [me.address])
    person.page.add_init_script(TELL_ACTIVITY)
    person.log_in()
    person.finds(people.CHRISTELLE.name).click()
    person.press("Répondre")
    person.sees_heading("Répondre")
    return person


def begins_to_send(page: Page) -> Held:
    """A file of which the second piece is held back, seen on its way."""
    held = Held()
    page.route("**/envois/*", held.carry)
    page.get_by_label("Joindre depuis mon appareil").set_input_files(FILE)
    expect(page.locator("#pieces")).to_contain_text("Envoi en cours : 41 %", timeout=SOON_MS)
    return held


def test_one_goes_on_writing_while_a_file_is_sent(answering: Person) -> None:
    page = answering.page
    held, files = begins_to_send(page), page.locator("#pieces")

    answering.fill("Mon message", "Les voici.")
    answering.mark_page()
    answering.press("Envoyer")
    answering.sees("Un document est en cours d'envoi. Vous pourrez envoyer votre message dès qu'il sera prêt.")
    assert answering.same_page()
    until(lambda: "Les voici." in page.request.get(page.url).text(), what="the words saved, though not sent")

    held.let_go()
    expect(files).to_contain_text("2,5 Mo", timeout=SOON_MS)
    answering.sees("clichés.pdf : Ajouté")
    assert answering.same_page()
    answering.press("Envoyer")
    answering.sees("Message envoyé")
    answering.sees("Les voici.")


def test_leaving_while_a_file_is_sent_is_asked_about_first(answering: Person) -> None:
    page = answering.page
    held = begins_to_send(page)
    answering.fill("Mon message", "Les voici.")
    answering.mark_page()

    for button in ("Retour", "Ajouter un document"):
        with page.expect_event("dialog") as asked:
            page.get_by_role("button", name=button).click(no_wait_after=True)
        assert asked.value.type == "beforeunload"
        asked.value.dismiss()
        assert answering.same_page()

    held.let_go()
    answering.sees("clichés.pdf : Ajouté")
    answering.press("Ajouter un document")
    answering.sees_heading("Ajouter un document")


def test_a_cut_upload_goes_on_and_counts_as_activity(answering: Person) -> None:
    line, said, person = Line(), [], answering
    person.page.on("console", lambda message: said.append(message.text))
    person.press("Ajouter un document")
    person.follow("Mon appareil")
    dialog = person.page.get_by_role("dialog")
    expect(dialog).to_be_visible()

    person.page.route("**/envois/*", line.carry)
    said.clear()
    dialog.get_by_label("Choisir un ou plusieurs fichiers").set_input_files(FILE)
    expect(dialog).to_contain_text("L'envoi reprendra où il s'était arrêté.")
    person.sees("Sélection ajoutée")
    files = person.page.get_by_role("region", name="Documents joints")
    expect(files).to_contain_text("clichés.pdf", timeout=SOON_MS)
    expect(files).to_contain_text("2,5 Mo")
    assert line.offsets == [0, 1_048_576, 1_048_576, 2_097_152]
    assert said.count("activity") >= len(line.offsets)
