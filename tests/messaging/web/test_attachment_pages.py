"""Received attachments: seen, downloaded, kept."""

import re
from datetime import date

import pytest
from msgspec.structs import replace

from chassis.ids import new_id
from contracts.documents import AttachmentKeepRequested
from messaging.domain.model import KeepState
from messaging.web import attachments
from tests.messaging.people import INAYA_ID, MARIE
from tests.messaging.web.conftest import HTMX, words

PDF = b"%PDF-1.7 0123456789"
DOCUMENT_ID = new_id()


@pytest.fixture(autouse=True)
def _documents_answers_later(monkeypatch):
    monkeypatch.setattr(attachments, "ANSWER_SOON", 0.0)


@pytest.fixture
def pdf(world):
    return world.file("Compte_rendu_du rendez-vous.pdf", PDF)


@pytest.fixture
def letter(world, pdf):
    return world.letter(attachments=(pdf,))


@pytest.fixture
def address(letter, pdf):
    return f"/messagerie/pieces/{letter.id}/{pdf.id}"


def wish(**changes):
    return {
        "nom": "Compte rendu",
        "date": "2026-06-09",
        "type": "reports",
        "confidentialite": "visible",
    } | changes


def test_the_page_names_the_file_and_offers_what_can_be_done(client, address):
    page = client.get(address).text
    assert "Compte_rendu_du rendez-vous.pdf" in page
    assert "Télécharger" in page
    assert "Ajouter à mes documents santé" in page


def test_a_pdf_is_shown_as_pages_with_their_words(client, world, address):
    page = words(client.get(address))
    for number in (1, 2, 3):
        assert f"Page {number} sur 3" in page
        assert f'src="{address}/pages/{number}?zoom=100" loading="lazy"' in page
        assert f"Mots de la page {number}" in page
    assert world.store.audited[-1]["action"] == "attachment-shown"
    picture = client.get(f"{address}/pages/2?zoom=100")
    assert (picture.content, picture.headers["content-type"]) == (b"RIFFwebp", "image/webp")
    assert "sandbox" in picture.headers["content-security-policy"]
    assert world.previewer.drawn == [(2, 1000)]


def test_a_pdf_grows_to_four_times_its_size_and_no_more(client, address):
    zoom, page = 100, words(client.get(address))
    while found := re.search(r'href="([^"]+)"[^>]*><span>Agrandir', page):
        page = words(client.get(found[1].partition("#")[0]))
        zoom = int(re.search(r"zoom-(\d+)", page)[1])
    assert zoom == 400
    assert "Réduire" in page


@pytest.mark.parametrize("query", ["page=0", "page=99", "page=x&zoom=7", "zoom=" + "9" * 30, "page=" + "9" * 30])
def test_a_page_or_size_that_is_not_there_is_the_usual_one(client, address, query):
    page = words(client.get(f"{address}?{query}"))
    assert "Page 1 sur 3" in page
    assert "zoom-100" in page


@pytest.mark.parametrize("number", ["0", "100001000", "x", "-1", "1.5"])
def test_a_picture_of_no_page_is_not_found(client, address, number):
    assert client.get(f"{address}/pages/{number}").status_code == 404


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("encrypted", "Ce document est protégé par un mot de passe."),
        (
            "broken",
            "Aucun aperçu disponible pour ce type de document. Pour le consulter, vous pouvez le télécharger.",
        ),
        ("too-slow", "L'aperçu prend trop de temps."),
        ("busy", "L'aperçu prend trop de temps."),
    ],
)
def test_a_pdf_that_cannot_be_shown_can_be_downloaded_and_kept(client, world, address, reason, said):
    world.previewer.reason = reason
    page = words(client.get(address))
    assert "Aucun aperçu disponible" in page
    assert said in page
    assert "Télécharger" in page
    assert "Ajouter à mes documents santé" in page
    assert world.store.audited == []


def test_an_empty_file_has_no_preview(client, world):
    empty = world.file("vide.pdf", b"")
    letter = world.letter(attachments=(empty,))
    assert "Aucun aperçu disponible" in client.get(f"/messagerie/pieces/{letter.id}/{empty.id}").text


def test_a_long_text_is_shown_as_far_as_it_goes_and_that_is_said(client, world):
    text = world.file("long.txt", "\ufeffé".encode() + "aé".encode() * 100_000, "text/plain")
    letter = world.letter(attachments=(text,))
    page = client.get(f"/messagerie/pieces/{letter.id}/{text.id}").text
    assert "éaéaé" in page
    assert "Ã" not in page
    assert "L'aperçu s'arrête ici." in words(client.get(f"/messagerie/pieces/{letter.id}/{text.id}"))


def test_what_documents_would_not_take_can_only_be_downloaded(client, world):
    sheet = world.file("compte_rendu.xls", b"x", "application/vnd.ms-excel")
    letter = world.letter(attachments=(sheet,))
    page = client.get(f"/messagerie/pieces/{letter.id}/{sheet.id}").text
    assert "Télécharger" in page
    assert "Ajouter à mes documents santé" not in page
    answer = client.post(f"/messagerie/pieces/{letter.id}/{sheet.id}/ajouter", data=wish())
    assert answer.status_code == 409
    assert world.store.published == []


def test_text_and_pictures_are_shown(client, world):
    text = world.file("note.txt", "Prenez <b>deux</b> comprimés".encode("cp1252"), "text/plain")
    picture = world.file("radio.png", b"\x89PNG", "image/png")
    letter = world.letter(attachments=(text, picture))
    page = client.get(f"/messagerie/pieces/{letter.id}/{text.id}").text
    assert "Prenez &lt;b&gt;deux&lt;/b&gt; comprimés" in page
    page = client.get(f"/messagerie/pieces/{letter.id}/{picture.id}").text
    assert f'src="/messagerie/pieces/{letter.id}/{picture.id}/apercu"' in page
    shown = client.get(f"/messagerie/pieces/{letter.id}/{picture.id}/apercu")
    assert shown.headers["content-disposition"].startswith("inline")
    assert "sandbox" in shown.headers["content-security-policy"]


def test_only_pictures_have_a_picture(client, address):
    assert client.get(f"{address}/apercu").status_code == 404


def test_a_download_is_the_bytes_as_received_and_is_recorded(client, world, address):
    answer = client.get(f"{address}/fichier")
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert world.store.audited[-1]["action"] == "attachment-downloaded"


def test_a_download_can_be_resumed(client, address):
    answer = client.get(f"{address}/fichier", headers={"range": "bytes=5-8"})
    assert (answer.status_code, answer.content) == (206, PDF[5:9])


@pytest.mark.parametrize("tail", ["", "/fichier", "/apercu", "/ajouter", "/pages/1"])
def test_another_patient_s_attachment_is_not_found_and_that_is_recorded(client, world, address, as_other, tail):
    as_other()
    assert client.get(address + tail).status_code == 404
    assert world.store.audited[-1]["outcome"] == "refused"


def test_another_patient_cannot_keep_it(client, world, address, as_other):
    as_other()
    assert client.post(f"{address}/ajouter", data=wish()).status_code == 404
    assert world.store.published == []


def test_an_attachment_is_only_that_of_its_message(client, world, pdf, letter):
    elsewhere = world.letter()
    assert client.get(f"/messagerie/pieces/{elsewhere.id}/{pdf.id}").status_code == 404


def answering(ask):
    """A store in which documents has answered when it is asked."""

    async def keep(patient_id, request_id, tx=None):
        found = await ask(patient_id, request_id)
        return replace(found, state=KeepState.ADDED, document_id=DOCUMENT_ID)

    return keep


class TestKeeping:
    def test_the_dialog_is_filled_in(self, client, address):
        page = client.get(f"{address}/ajouter").text
        assert "Ajouter dans mon espace santé" in page
        assert 'value="Compte_rendu_du rendez-vous"' in page
        assert 'value="2026-06-09"' in page
        for shown in ("Nom du document", "Date du document", "Type de document", "Confidentialité", "Fermer"):
            assert shown in page
        assert "Qui a accès à mes documents\N{NO-BREAK SPACE}?" in page
        assert "Comptes rendus" in page

    def test_adding_hands_the_bytes_over_and_asks_documents(self, client, world, address, letter, pdf):
        answer = client.post(f"{address}/ajouter", data=wish(confidentialite="masque"))
        (wanted,) = world.store.kept["keeps"].values()
        assert answer.headers["location"] == f"/messagerie/ajouts/{wanted.id}"
        (event,) = world.store.published
        assert isinstance(event, AttachmentKeepRequested)
        assert (event.title, event.dated, event.type_code, event.masked) == (
            "Compte rendu",
            date(2026, 6, 9),
            "reports",
            True,
        )
        assert event.sent_by == "Christelle Thomas"
        assert event.claim.key == f"handover/documents/{INAYA_ID}/{wanted.id}"
        assert world.objects.kept[event.claim.key] == PDF

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"nom": ""}, "Donnez un nom au document."),
            ({"nom": "x" * 51}, "Le nom du document a au plus 50 caractères."),
            ({"nom": "a/b"}, "Le nom du document contient un caractère interdit."),
            ({"date": "bientôt"}, "Donnez la date du document"),
            ({"date": "2999-01-01"}, "ne peut pas être dans le futur"),
            ({"type": ""}, "Choisissez un type de document."),
        ],
    )
    def test_what_is_to_mend_is_said_and_what_was_typed_stays(self, client, world, address, changes, words):
        answer = client.post(f"{address}/ajouter", data=wish(**changes))
        assert answer.status_code == 422
        assert words in answer.text
        assert "Erreur\N{NO-BREAK SPACE}: " in answer.text
        for value in changes.values():
            assert value in answer.text
        assert world.store.published == []

    def test_a_cleaned_name_is_offered_and_taken_in_one_press(self, client, world, address):
        answer = client.post(f"{address}/ajouter", data=wish(nom="Résultats (mars)"))
        assert "Utiliser «\N{NO-BREAK SPACE}Résultats mars\N{NO-BREAK SPACE}»" in answer.text
        client.post(f"{address}/ajouter", data=wish(nom="Résultats (mars)", propose="Résultats mars"))
        (event,) = world.store.published
        assert event.title == "Résultats mars"

    def test_an_answer_that_comes_soon_leads_back_to_the_conversation_at_once(
        self, client, world, address, letter, monkeypatch
    ):
        monkeypatch.setattr(attachments, "ANSWER_SOON", 30.0)
        monkeypatch.setattr(world.store, "keep", answering(world.store.keep))
        answer = client.post(f"{address}/ajouter", data=wish())
        assert answer.headers["location"] == f"/messagerie/conversations/{letter.id}"
        assert f"document-added.{DOCUMENT_ID}" in answer.headers["set-cookie"]

    def test_the_dialog_counts_the_name_and_shows_the_first_page(self, client, address):
        page = words(client.get(f"{address}/ajouter"))
        assert "27 / 50" in page
        assert f'src="{address}/pages/1?zoom=40"' in page

    def test_who_has_the_document_is_told_as_facts(self, client, world, pdf):
        letter = world.letter(attachments=(pdf,), recipients=(world.inaya.party, MARIE))
        where = f"/messagerie/pieces/{letter.id}/{pdf.id}/ajouter"
        page = words(client.get(where))
        assert "Christelle Thomas vous a envoyé ce document le 9 juin 2026." in page
        assert "Marie Chanteau l'a reçu avec vous le 9 juin 2026." in page
        client.post(where, data=wish())
        (event,) = world.store.published
        assert (event.sent_at, event.also_to) == (letter.at, ("Marie Chanteau",))

    @pytest.mark.parametrize("missing", ["nom", "date", "type", "confidentialite"])
    def test_a_form_without_a_field_is_refused(self, client, world, address, missing):
        fields = wish()
        del fields[missing]
        assert client.post(f"{address}/ajouter", data=fields).status_code == 400
        assert world.store.published == []

    def test_its_page_tells_how_far_it_has_come(self, client, world, address, letter):
        where = client.post(f"{address}/ajouter", data=wish()).headers["location"]
        waiting = client.get(where).text
        assert "Ajout en cours" in waiting
        assert "Actualiser" in waiting
        assert 'http-equiv="refresh"' in waiting
        (wanted,) = world.store.kept["keeps"].values()
        world.store.put("keeps", replace(wanted, state=KeepState.ADDED, document_id=DOCUMENT_ID))
        conversation = f"/messagerie/conversations/{letter.id}"
        gone = client.get(where, headers=HTMX)
        assert (gone.status_code, gone.headers["hx-redirect"]) == (204, conversation)
        moved = client.get(where)
        assert (moved.status_code, moved.headers["location"]) == (303, conversation)
        page = client.get(conversation)
        assert "Document ajouté" in page.text
        assert f'href="/documents/{DOCUMENT_ID}"' in page.text

    def test_a_refusal_is_told_in_words(self, client, world, address):
        where = client.post(f"{address}/ajouter", data=wish()).headers["location"]
        (wanted,) = world.store.kept["keeps"].values()
        world.store.put("keeps", replace(wanted, state=KeepState.REFUSED, reason="format"))
        assert "Ce format de fichier n'est pas accepté" in words(client.get(where))

    def test_the_letter_says_that_it_was_kept(self, client, world, address, letter):
        client.post(f"{address}/ajouter", data=wish())
        (wanted,) = world.store.kept["keeps"].values()
        world.store.put("keeps", replace(wanted, state=KeepState.ADDED))
        assert "Document ajouté" in client.get(f"/messagerie/conversations/{letter.id}").text

    def test_another_patient_s_request_is_not_found_and_that_is_recorded(self, client, world, address, as_other):
        where = client.post(f"{address}/ajouter", data=wish()).headers["location"]
        as_other()
        assert client.get(where).status_code == 404
        assert world.store.audited[-1]["outcome"] == "refused"
