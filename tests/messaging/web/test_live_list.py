"""A list that is read does not move: what is new is told beside it, once, and shown when it is asked for."""

import re
from datetime import timedelta
from html import unescape

import pytest

from messaging.domain.model import Party
from tests.messaging.people import AT, INAYA_ID
from tests.messaging.web.conftest import HTMX, words

DUPOND = Party(name="Docteur Dupond", address="dupond@chu.mssante.fr")
SAID = "Un nouveau message, afficher"


def again(page):
    """Where a page fetches its list again."""
    return unescape(re.search(r'id="nouveautes"[^>]* hx-get="([^"]+)"', page.text)[1])


def fetch(client, address, **more):
    return client.get(address, params=more or None, headers=HTMX)


def with_params(address, said):
    return f"{address}&dit={said}"


@pytest.fixture
def page(client, world):
    world.letter(subject="La première", at=AT)
    world.letter(subject="La deuxième", at=AT + timedelta(minutes=1))
    return client.get("/messagerie")


def test_a_list_that_is_still_the_same_is_left_alone(client, page):
    assert fetch(client, again(page)).status_code == 204


def test_a_new_letter_is_told_beside_the_list_with_the_new_count(client, world, page):
    world.letter(subject="La troisième", at=AT + timedelta(minutes=2))
    answer = fetch(client, again(page))
    assert (answer.headers["hx-retarget"], answer.headers["hx-reswap"]) == ("#nouveautes", "innerHTML")
    assert SAID in words(answer)
    assert "La troisième" not in words(answer)
    assert 'id="compte" hx-swap-oob="true">1 - 2 sur 3<' in answer.text


def test_it_is_said_once_and_again_only_for_another_letter(client, world, page):
    world.letter(at=AT + timedelta(minutes=2))
    told = fetch(client, again(page))
    said = re.search(r'name="dit" value="([^"]+)"', told.text)[1]
    assert fetch(client, with_params(again(page), said)).status_code == 204
    world.letter(at=AT + timedelta(minutes=3))
    assert "2 nouveaux messages, afficher" in words(fetch(client, with_params(again(page), said)))


def test_showing_it_gives_the_list_from_its_beginning_and_the_focus_to_its_first_row(client, world, page):
    world.letter(subject="La troisième", at=AT + timedelta(minutes=2))
    told = fetch(client, again(page))
    said = re.search(r'name="dit" value="([^"]+)"', told.text)[1]
    button = unescape(re.search(r'<button[^>]* hx-get="([^"]+)"', told.text)[1])
    shown = fetch(client, with_params(button, said))
    assert "La troisième" in shown.text
    first, second = re.findall(r'<a class="row[^>]*>', shown.text)[:2]
    assert "autofocus" in first
    assert "autofocus" not in second
    assert fetch(client, again(shown)).status_code == 204


def test_a_row_that_only_says_something_else_is_shown_in_its_place(client, world, page):
    row = next(one for one in world.store.kept["conversations"].values() if one.subject == "La première")
    client.get(f"/messagerie/conversations/{row.id}")
    answer = fetch(client, again(page))
    assert "hx-retarget" not in answer.headers
    assert answer.text.count("Non lu") == 1


def test_rows_that_the_patient_moved_elsewhere_do_not_move_here(client, world, page):
    row = next(one for one in world.store.kept["conversations"].values() if one.subject == "La deuxième")
    client.post(f"/messagerie/conversations/{row.id}/suppression")
    answer = fetch(client, again(page))
    assert "La liste a changé, afficher" in words(answer)
    assert "hx-retarget" in answer.headers


def test_the_first_letter_of_an_empty_list_is_simply_there(client, world):
    page = client.get("/messagerie")
    world.letter(subject="La première")
    answer = fetch(client, again(page))
    assert "La première" in answer.text
    assert "hx-retarget" not in answer.headers


def test_in_a_narrowed_list_a_letter_that_is_not_in_it_is_not_told(client, world):
    world.letter(sender=DUPOND, attachments=(world.file("a.pdf", b"%PDF"),))
    page = client.get("/messagerie", params={"documents": "1"})
    world.letter(at=AT + timedelta(minutes=9))
    assert "hx-retarget" not in fetch(client, again(page)).headers


@pytest.mark.parametrize("look", ["x", "1.2.3", "1.2.3.zz", "-", "9" * 90, "1.1.1.1.1"])
def test_a_look_that_cannot_be_read_gets_the_whole_list(client, page, look):
    answer = client.get("/messagerie/liste", params={"vue": look}, headers=HTMX)
    assert "La deuxième" in answer.text


def test_a_patient_may_want_that_nothing_changes_by_itself(client, world):
    assert "data-stream" in client.get("/messagerie").text
    assert client.post("/messagerie/preferences", data={"direct": "non"}).status_code == 303
    page = client.get("/messagerie").text
    assert "data-stream" not in page
    assert "<noscript>" not in page.split('class="list-tools')[1].split('id="liste"')[0]
    assert world.store.kept["preferences"][INAYA_ID].receipts


def test_a_reply_that_did_not_arrive_is_told_on_its_row_and_while_the_page_is_open(client, world, page):
    row = next(one for one in world.store.kept["conversations"].values() if one.subject == "La première")
    world.troubled(row.id)
    answer = fetch(client, again(page))
    assert words(answer).count("Votre réponse n'a pas été remise") == 1
    assert "Votre réponse n'a pas été remise" in words(answer).split("La première")[1]
