"""What a patient finds on `/messagerie`."""

from datetime import timedelta

from msgspec.structs import replace

from messaging.domain.model import MessageKind, Party
from tests.messaging.people import AT, CHRISTELLE, INAYA_ID, OTHER_ID
from tests.messaging.web.conftest import HTMX


def test_the_address_to_give_to_professionals_is_shown_with_its_button(client, world):
    page = client.get("/messagerie").text
    assert "Mon adresse de messagerie à communiquer à mes professionnels de santé\N{NO-BREAK SPACE}:" in page
    assert "288077505600121@<wbr>patient.mssante.fr" in page
    assert "Copier les informations" in page
    assert 'data-copy="Inaya Michel – 288077505600121@patient.mssante.fr"' in page


def test_before_a_first_letter_only_a_professional_can_begin(client, world):
    page = client.get("/messagerie").text
    assert "Seul un professionnel de santé peut débuter un échange. Vous pourrez ensuite lui répondre." in page


def test_after_a_first_letter_the_guide_s_other_sentence_is_shown(client, world):
    world.letter()
    page = client.get("/messagerie").text
    assert "Seul un professionnel de santé peut vous envoyer un nouveau message, au besoin vous pourrez" in page


def test_an_unread_row_is_marked_by_more_than_its_colour(client, world):
    world.letter()
    page = client.get("/messagerie").text
    assert 'class="row unread"' in page
    assert "Non lu\N{NO-BREAK SPACE}:" in page
    assert "Préparation de votre rendez-vous" in page


def test_a_draft_is_told_before_the_name(client, world):
    letter = world.letter()
    row = world.store.kept["conversations"][letter.id]
    world.store.put("conversations", replace(row, drafts=("d",)))
    assert '<span class="draft">Brouillon,</span> Christelle Thomas' in client.get("/messagerie").text


def test_documents_attached_are_told(client, world):
    world.letter(attachments=(world.file("Résultats.pdf", b"%PDF"),))
    assert "Documents attachés" in client.get("/messagerie").text


def test_nothing_open_says_what_to_do(client, world):
    assert "Cliquez sur une conversation pour l'afficher" in client.get("/messagerie").text


def test_the_list_is_shown_fifty_at_a_time_with_the_total(client, world):
    for number in range(120):
        world.letter(at=AT + timedelta(minutes=number), subject=f"Lettre {number}")
    first = client.get("/messagerie").text
    assert "1 - 50 sur 120" in first
    assert "Lettre 119" in first
    older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = client.get(older).text
    assert "51 - 100 sur 120" in second
    assert "Lettre 69<" in second
    assert "Lettre 70<" not in second
    newer = second.split('rel="prev"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "1 - 50 sur 120" in client.get(newer).text


def test_a_mangled_place_is_the_first_page(client, world):
    world.letter()
    for place in ("x", "1.", ".y", "99999999999999999999.z", "1e9.a", "-5.a"):
        answer = client.get("/messagerie", params={"anciennes": place, "n": "x"})
        assert answer.status_code == 200


def test_no_other_patient_s_letter_is_in_the_list(client, world):
    world.letter(patient_id=OTHER_ID, subject="Secret")
    assert "Secret" not in client.get("/messagerie").text


def test_the_service_s_own_message_is_in_the_list(client, world):
    world.letter(kind=MessageKind.SERVICE, sender=Party(name="Mon espace santé", address=""), subject="Bienvenue")
    assert "Bienvenue" in client.get("/messagerie").text


def test_the_badge_tells_how_many_letters_are_unread(client, world):
    world.letter()
    world.letter(sender=replace(CHRISTELLE, name="Docteur Dupond"))
    assert "2 messages non lus" in client.get("/messagerie/non-lus", headers=HTMX).text


def test_a_patient_not_known_yet_is_told_to_wait(client, world):
    del world.store.kept["patients"][INAYA_ID]
    answer = client.get("/messagerie")
    assert answer.status_code == 503
    assert "en cours de préparation" in answer.text
