"""The whole exchange in Chromium: what a person sees, without ever pressing "reload"."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import expect

from demo import people
from demo.letters import Letter
from demo.letters import Person as Professional
from demo.patient import Patient
from demo.professional import MailClient

from .person import SOON_MS, Person

pytestmark = [pytest.mark.stack, pytest.mark.browser]

KEPT = "Résultats examen juin"
ABOUT = "Les résultats que vous demandiez"
REPLY = "Bonjour Christelle,\n\nVoici mes résultats et mon profil médical.\n\nBelle journée"


@dataclass
class Exchange:
    """Christelle and the patient: her client, the letter she sent, and the hash of its PDF."""

    christelle: MailClient
    patient: Patient
    letter: Letter

    @property
    def pdf_sha256(self) -> str:
        return hashlib.sha256(self.letter.files[0].content).hexdigest()

    def write(self) -> None:
        """She sends her letter to this patient."""
        self.christelle.send(self.letter, [self.patient.mailbox])

    def end(self) -> None:
        """She ends the exchange."""
        self.christelle.end_exchange(Professional(self.patient.name, self.patient.mailbox))


@pytest.fixture
def exchange(mail_client: Callable[[Professional], MailClient], patient: Patient) -> Exchange:
    return Exchange(mail_client(people.CHRISTELLE), patient, people.letter_with_results())


def test_a_letter_is_read_kept_and_answered(person: Person, exchange: Exchange, tmp_path: Path) -> None:
    person.log_in()
    sees_the_letter_arrive(person, exchange)
    reads_it(person)
    downloads_the_pdf_unchanged(person, exchange, tmp_path)
    keeps_it_among_the_documents(person)
    fills_in_the_medical_profile(person)
    writes_a_draft_that_survives_leaving(person)
    attaches_a_document_and_the_profile(person)
    sends(person)
    christelle_receives_one_threaded_reply(exchange)
    takes_the_conversation_away_as_a_pdf(person, exchange, tmp_path)
    sends_the_kept_document_from_its_own_page(person, exchange)
    cannot_answer_once_the_exchange_has_ended(person, exchange)
    leaves_nothing_behind_at_log_out(person)


def sees_the_letter_arrive(person: Person, exchange: Exchange) -> None:
    person.follow("Messagerie")
    expect(person.page.locator("[data-stream]")).to_be_visible()
    person.mark_page()
    exchange.write()
    news = person.page.get_by_role("button", name="Un nouveau message, afficher")
    expect(news).to_be_visible(timeout=SOON_MS)
    news.click()
    row = person.row(people.CHRISTELLE.name)
    expect(row).to_contain_text("Non lu")
    expect(row).to_contain_text("Documents attachés")
    expect(person.page.get_by_role("navigation", name="Principale")).to_contain_text("2 messages non lus")
    assert person.same_page()


def reads_it(person: Person) -> None:
    person.row(people.CHRISTELLE.name).click()
    person.sees_heading(people.SUBJECT)
    letter = person.page.frame_locator("iframe.letter-frame")
    expect(letter.get_by_text("les résultats de votre examen")).to_be_visible()
    expect(person.page.get_by_role("navigation", name="Principale")).to_contain_text("1 message non lu")


def downloads_the_pdf_unchanged(person: Person, exchange: Exchange, folder: Path) -> None:
    person.page.get_by_role("link", name=people.PDF_NAME).click()
    person.sees_heading(people.PDF_NAME)
    with person.page.expect_download() as started:
        person.follow("Télécharger")
    arrived = folder / "arrived.pdf"
    started.value.save_as(arrived)
    assert started.value.suggested_filename == people.PDF_NAME
    assert hashlib.sha256(arrived.read_bytes()).hexdigest() == exchange.pdf_sha256


def keeps_it_among_the_documents(person: Person) -> None:
    person.follow("Ajouter à mes documents santé")
    dialog = person.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Date du document")).not_to_have_value("")
    dialog.get_by_label("Nom du document").fill(KEPT)
    dialog.get_by_label("Type de document").select_option(label="Résultats de biologie")
    dialog.get_by_role("button", name="Ajouter").click()
    person.sees_heading(people.SUBJECT)
    person.sees("Document ajouté")
    person.follow("Voir le document")
    person.sees_heading(KEPT)
    person.sees(f"{people.CHRISTELLE.name} vous l'a envoyé le")


def fills_in_the_medical_profile(person: Person) -> None:
    name, dose, since = people.TREATMENTS[0]
    person.go("/profil")
    person.page.get_by_role("link", name="Ajouter dans Traitements").click()
    person.page.get_by_label("Nom du traitement").fill(name)
    person.page.get_by_label("Dose").fill(dose)
    person.page.get_by_label("Depuis").fill(since)
    person.press("Enregistrer")
    person.sees(name)


def writes_a_draft_that_survives_leaving(person: Person) -> None:
    person.follow("Messagerie")
    person.row(people.CHRISTELLE.name).click()
    person.press("Répondre")
    person.fill("Mon message", REPLY)
    expect(person.page.get_by_role("status").filter(has_text="Brouillon enregistré")).to_be_visible(
        timeout=SOON_MS
    )
    with person.page.expect_response(lambda answer: "/messagerie/brouillons/" in answer.url and answer.ok):
        person.page.get_by_label("Mon message").press("End")
        person.page.keyboard.type(" !")
    person.follow("Messagerie")
    row = person.row(people.CHRISTELLE.name)
    expect(row).to_contain_text("Brouillon,")
    row.click()
    person.follow("Reprendre mon brouillon")
    expect(person.page.get_by_label("Mon message")).to_have_value(f"{REPLY} !")


def attaches_a_document_and_the_profile(person: Person) -> None:
    person.press("Ajouter un document")
    person.follow("Documents de santé")
    person.sees_heading("Documents de santé")
    person.page.get_by_label(KEPT).check()
    person.press("Ajouter")
    person.sees("Sélection ajoutée")
    person.press("Ajouter mon profil médical")
    profile = person.page.locator(".file", has_text="Profil médical_")
    expect(profile).to_be_visible()
    person.mark_page()
    expect(person.page.locator("#pieces").get_by_text("En préparation")).to_have_count(0, timeout=SOON_MS)
    expect(profile).to_contain_text("Ko")
    assert person.same_page()


def sends(person: Person) -> None:
    person.press("Envoyer")
    expect(person.page.locator("#toasts")).to_contain_text("Message envoyé")
    expect(person.page.locator(".letter").first).to_contain_text(person.patient.name)


def christelle_receives_one_threaded_reply(exchange: Exchange) -> None:
    mail = exchange.christelle.wait_for_answer(exchange.letter.message_id)
    assert exchange.letter.message_id in str(mail.message["References"])
    assert "Voici mes résultats" in mail.body("plain")
    hashes = [hashlib.sha256(content).hexdigest() for content in mail.files.values()]
    assert exchange.pdf_sha256 in hashes
    assert any(name.startswith("Profil médical_") for name in mail.files)
    assert len(mail.files) == 2


def takes_the_conversation_away_as_a_pdf(person: Person, exchange: Exchange, folder: Path) -> None:
    with person.page.expect_download() as started:
        person.follow("Télécharger en PDF")
    whole = folder / "conversation.pdf"
    started.value.save_as(whole)
    with pypdfium2.PdfDocument(whole) as pdf:
        said = "\n".join(page.get_textpage().get_text_range() for page in pdf)
        carried = [pdf.get_attachment(number) for number in range(pdf.count_attachments())]
        digests = {hashlib.sha256(bytes(file.get_data())).hexdigest() for file in carried}
    assert people.CHRISTELLE.name in said
    assert REPLY.splitlines()[0] in said
    assert exchange.pdf_sha256 in digests


def sends_the_kept_document_from_its_own_page(person: Person, exchange: Exchange) -> None:
    person.follow("Documents")
    person.follow(KEPT)
    person.sees_heading(KEPT)
    person.press("Envoyer à un professionnel")
    person.sees_heading("Nouveau message")
    person.sees(f"{KEPT}.pdf")
    person.fill("Objet", ABOUT)
    person.press("Continuer")
    expect(person.page.locator("#pieces .file")).to_have_count(1)
    expect(person.page.locator("#pieces").get_by_text("En préparation")).to_have_count(0, timeout=SOON_MS)
    sends(person)
    mail = exchange.christelle.wait_for_message(exchange.patient.mailbox, ABOUT)
    assert [hashlib.sha256(content).hexdigest() for content in mail.files.values()] == [exchange.pdf_sha256]


def cannot_answer_once_the_exchange_has_ended(person: Person, exchange: Exchange) -> None:
    exchange.end()
    person.reloads_until(person.page.get_by_text(f"{people.CHRISTELLE.name} a mis fin à vos échanges"))
    expect(person.page.get_by_role("button", name="Répondre")).to_have_count(0)
    person.follow("En savoir plus sur les échanges")
    person.sees_heading("Les échanges avec vos professionnels de santé")


def leaves_nothing_behind_at_log_out(person: Person) -> None:
    person.go("/messagerie")
    person.sees(people.SUBJECT)
    person.page.locator("details.menu > summary").click()
    person.press("Se déconnecter")
    person.sees_heading("Vous êtes déconnecté")
    person.page.go_back()
    person.sees_heading("1 Je m'identifie")
    person.sees_not(people.SUBJECT)
