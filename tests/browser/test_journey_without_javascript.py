"""The essential steps in a Chromium that runs no script: log in, read, download, keep, draft, attach, send."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from demo import people
from demo.letters import Person as Professional
from demo.professional import MailClient

from .person import Person

pytestmark = [pytest.mark.stack, pytest.mark.browser]

KEPT = "Résultats examen juin"
REPLY = "Bonjour Christelle,\n\nVoici mes résultats."


def test_the_essential_steps_need_no_javascript(
    person_without_scripts: Person, mail_client: Callable[[Professional], MailClient], tmp_path: Path
) -> None:
    person = person_without_scripts
    christelle = mail_client(people.CHRISTELLE)
    letter = people.letter_with_results()
    christelle.send(letter, [person.patient.mailbox])
    person.log_in()
    reads(person)
    downloads(person, letter.files[0].content, tmp_path)
    keeps(person)
    saves_a_draft(person)
    attaches(person)
    person.press("Envoyer")
    person.sees("Message envoyé")
    mail = christelle.wait_for_answer(letter.message_id)
    assert letter.files[0].content in mail.files.values()
    logs_out(person)


def reads(person: Person) -> None:
    person.follow("Messagerie")
    row = person.row(people.CHRISTELLE.name)
    person.reloads_until(row)
    row.click()
    person.sees_heading(people.SUBJECT)
    letter = person.page.frame_locator("iframe.letter-frame")
    expect(letter.get_by_text("les résultats de votre examen")).to_be_visible()


def downloads(person: Person, content: bytes, folder: Path) -> None:
    person.page.get_by_role("link", name=people.PDF_NAME).click()
    with person.page.expect_download() as started:
        person.follow("Télécharger")
    started.value.save_as(folder / "arrived.pdf")
    arrived = (folder / "arrived.pdf").read_bytes()
    assert hashlib.sha256(arrived).hexdigest() == hashlib.sha256(content).hexdigest()


def keeps(person: Person) -> None:
    person.follow("Ajouter à mes documents santé")
    person.sees_heading("Ajouter dans mon espace santé")
    person.fill("Nom du document", KEPT)
    person.page.get_by_label("Type de document").select_option(label="Résultats de biologie")
    person.press("Ajouter")
    person.sees_heading(people.SUBJECT)
    person.sees("Document ajouté")


def saves_a_draft(person: Person) -> None:
    person.press("Répondre")
    person.fill("Mon message", REPLY)
    person.press("Enregistrer le brouillon")
    person.sees("Brouillon enregistré")
    person.follow("Messagerie")
    row = person.row(people.CHRISTELLE.name)
    expect(row).to_contain_text("Brouillon,")
    row.click()
    person.follow("Reprendre mon brouillon")
    expect(person.page.get_by_label("Mon message")).to_have_value(REPLY)


def attaches(person: Person) -> None:
    person.press("Ajouter un document")
    person.follow("Documents de santé")
    person.page.get_by_label(KEPT).check()
    person.press("Ajouter")
    person.sees("Sélection ajoutée")
    person.reloads_until(person.page.locator(".file:not(:has-text('En préparation'))", has_text=KEPT))


def logs_out(person: Person) -> None:
    person.page.locator("details.menu > summary").click()
    person.press("Se déconnecter")
    person.sees_heading("Vous êtes déconnecté")
    person.page.go_back()
    person.sees_heading("1 Je m'identifie")
