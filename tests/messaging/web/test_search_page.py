"""The search's page: what it finds, marks, counts, and never shows."""

from datetime import timedelta

import pytest

from tests.messaging.domain.test_searching import attachment
from tests.messaging.people import AT, OTHER_ID
from tests.messaging.web.conftest import HTMX, words

SEARCH = "/messagerie/recherche"


def ask(client, text, **more):
    return words(client.get(SEARCH, params={"q": text, **more}))


def test_a_message_is_found_by_subject_name_and_body_with_the_words_marked(client, world):
    letter = world.letter(subject="Préparation", text="Voici vos résultats.")
    for text, shown in (("prepa", "Préparation"), ("resul", "résultats"), ("chris", "Christelle")):
        page = ask(client, text)
        assert f"<mark>{shown}</mark>" in page
        assert f'href="/messagerie/conversations/{letter.id}#m-{letter.id}"' in page
        assert "1 message trouvé" in page


def test_a_message_is_found_by_the_name_of_its_file_which_is_shown_with_it(client, world):
    world.letter(
        subject="Suite", text="", attachments=(attachment("Échographie du genou.pdf"), attachment("b.txt"))
    )
    page = ask(client, "echo")
    assert "1 message trouvé" in page
    assert "<mark>Échographie</mark> du genou.pdf" in page
    assert "b.txt" not in page


def test_results_are_paged_the_latest_first_and_counted_beside(client, world):
    for number in range(320):
        world.letter(at=AT + timedelta(minutes=number), subject=f"Analyse numéro{number}")
    first = ask(client, "analyse")
    assert "Messages 1 à 50" in first
    assert 'hx-get="/messagerie/recherche/compte?q=analyse"' in first
    assert first.index("numéro319") < first.index("numéro270")
    assert "numéro269<" not in first
    older = SEARCH + "?q=analyse&suite=" + first.split("suite=")[1].split('"')[0]
    second = words(client.get(older))
    assert "Messages 51 à 100" in second
    assert "compte?" not in second
    assert "numéro269" in second
    assert "numéro270" not in second


def test_messages_found_are_counted_for_scripts_and_for_who_has_none(client, world):
    for number in range(320):
        world.letter(subject=f"Analyse {number}", text="")
    assert words(client.get(f"{SEARCH}/compte?q=analyse", headers=HTMX)).strip() == "320 messages trouvés"
    counted = ask(client, "analyse", compter="1")
    assert "320 messages trouvés" in counted
    assert "compte?" not in counted


def test_more_than_a_thousand_are_not_counted(client, world):
    for number in range(1_001):
        world.letter(subject=f"Analyse {number}", text="")
    assert "Plus de 1 000 messages trouvés" in ask(client, "analyse", compter="1").replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_a_conversation_in_the_trash_is_not_searched(client, world):
    letter = world.letter(subject="Zona")
    client.post(f"/messagerie/conversations/{letter.id}/suppression")
    assert "Aucun message trouvé" in ask(client, "zona")
    client.post(f"/messagerie/corbeille/{letter.id}/restauration")
    assert "1 message trouvé" in ask(client, "zona")


def test_a_letter_that_is_not_the_patient_s_is_not_found_until_it_is_taken_back(client, world):
    letter = world.letter(subject="Zona", text="Un zona.")
    client.post(f"/messagerie/messages/{letter.id}/ecarter")
    assert "Aucun message trouvé" in ask(client, "zona")
    client.post(f"/messagerie/messages/{letter.id}/reprendre")
    assert "1 message trouvé" in ask(client, "zona")


def test_no_other_patient_s_message_is_found(client, world):
    world.letter(patient_id=OTHER_ID, subject="Secret")
    assert "Aucun message trouvé" in ask(client, "secret")


def test_without_a_word_the_page_says_what_to_write(client, world):
    assert "Écrivez un mot d'au moins deux lettres" in ask(client, "de")
    assert client.get(SEARCH).status_code == 200


@pytest.mark.parametrize("place", ["x", "1.", "1.2.3", "99999999999.1.a", ".1.a", "-1.5.b", "1.1e9.x"])
def test_a_mangled_place_is_answered_all_the_same(client, world, place):
    world.letter(subject="Zona")
    assert client.get(SEARCH, params={"q": "zona", "suite": place, "n": "x"}).status_code == 200


def test_what_was_typed_is_shown_as_text_and_never_as_html(client, world):
    world.letter(subject="<b>gras</b>", text="<script>gras</script>")
    page = client.get(SEARCH, params={"q": '"><script>alert(1)</script> gras'}).text
    assert "<script>" not in page.replace("<script defer", "").replace('<script type="module"', "")
