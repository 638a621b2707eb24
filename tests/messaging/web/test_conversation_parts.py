"""A long conversation page by page, and what reaches a page of it that is open."""

import re
from datetime import timedelta

import pytest

from messaging.domain.model import MessageKind
from messaging.store.messages import MESSAGES_A_PAGE
from tests.messaging.people import AT, CHRISTELLE, INAYA_ID, MARIE
from tests.messaging.web.conftest import HTMX, words

MANY = 2 * MESSAGES_A_PAGE + 3


@pytest.fixture
def first(world):
    return world.letter(text="lettre-0.")


@pytest.fixture
def long(world, first):
    for number in range(1, MANY):
        at = AT + timedelta(minutes=number)
        world.letter(text=f"lettre-{number}.", conversation_id=first.id, at=at)
    return f"/messagerie/conversations/{first.id}"


def texts(page):
    return re.findall(r"lettre-\d+\.", page)


def older(page):
    return re.search(r'href="([^"]*avant=[^"]*)"', words(page))[1]


def unread(world):
    return world.store.kept["mailboxes"][INAYA_ID].unread


def test_a_long_conversation_is_shown_and_read_page_by_page(client, world, long):
    expected = [f"lettre-{number}." for number in reversed(range(MANY))]
    page, seen = client.get(long), []
    while True:
        seen += texts(page.text)
        assert unread(world) == MANY - len(seen)
        if "Messages plus anciens" not in page.text:
            break
        page = client.get(older(page))
        assert "Messages plus récents" in page.text
    assert seen == expected


def test_how_many_unread_letters_are_further_on_is_said(client, long):
    assert f"dont {MANY - MESSAGES_A_PAGE} non lus" in client.get(long).text


def test_where_scripts_run_older_messages_take_the_place_of_the_button(client, long):
    piece = client.get(older(client.get(long)), headers=HTMX)
    assert "<html" not in piece.text
    assert len(texts(piece.text)) == MESSAGES_A_PAGE
    assert piece.text.count("autofocus") == 1
    assert 'id="plus-anciens"' in piece.text


@pytest.mark.parametrize("key", ["", "x", "9" * 40, "-1.a"])
def test_a_place_nobody_gave_is_the_newest_page(client, long, key):
    assert f"lettre-{MANY - 1}." in client.get(f"{long}?avant={key}").text


def test_beyond_the_oldest_message_the_page_says_so(client, long):
    page = words(client.get(f"{long}?avant=1.x"))
    assert texts(page) == []
    assert "Il n'y a pas de message plus ancien." in page


class TestArrivals:
    @pytest.fixture
    def since(self, client, first):
        page = client.get(f"/messagerie/conversations/{first.id}").text
        return re.search(r'id="depuis" name="apres" value="([^"]+)"', page)[1]

    @pytest.fixture
    def address(self, first, since):
        return f"/messagerie/conversations/{first.id}/arrivees?apres={since}"

    def test_nothing_new_changes_nothing(self, client, address):
        assert client.get(address, headers=HTMX).status_code == 204

    def test_a_new_letter_comes_said_once_and_is_read_only_when_seen(self, client, world, first, address):
        new = world.letter(text="lettre-1.", conversation_id=first.id, at=AT + timedelta(minutes=1))
        piece = client.get(address, headers=HTMX).text
        assert texts(piece) == ["lettre-1."]
        assert "Un nouveau message de Christelle Thomas" in piece
        assert unread(world) == 1
        assert f'hx-post="/messagerie/messages/{new.id}/lu" hx-trigger="intersect once"' in piece
        assert client.post(f"/messagerie/messages/{new.id}/lu", headers=HTMX).status_code == 204
        assert unread(world) == 0

    def test_the_page_then_asks_from_the_newest_on(self, client, world, first, address):
        world.letter(conversation_id=first.id, at=AT + timedelta(minutes=1))
        piece = client.get(address, headers=HTMX).text
        since = re.search(r'id="depuis" name="apres" value="([^"]+)" hx-swap-oob="true"', piece)[1]
        again = f"/messagerie/conversations/{first.id}/arrivees?apres={since}"
        assert client.get(again, headers=HTMX).status_code == 204

    def test_a_page_that_does_not_say_where_it_stands_gets_nothing(self, client, first):
        assert client.get(f"/messagerie/conversations/{first.id}/arrivees", headers=HTMX).status_code == 204

    def test_a_letter_of_a_conversation_merged_meanwhile_is_found(self, client, world, first, since):
        second = world.letter(conversation_id=first.id, at=AT + timedelta(hours=1))
        address = f"/messagerie/conversations/{second.id}/arrivees?apres={since}"
        assert second.text.split()[0] in client.get(address, headers=HTMX).text

    def test_another_patient_gets_none_of_it(self, client, world, address, as_other):
        as_other()
        assert client.get(address, headers=HTMX).status_code == 404

    def test_another_patient_marks_nothing_read(self, client, world, first, as_other):
        new = world.letter(conversation_id=first.id)
        as_other()
        assert client.post(f"/messagerie/messages/{new.id}/lu", headers=HTMX).status_code == 404
        assert world.store.kept["messages"][new.id].read_at is None


class TestHead:
    def state(self, page):
        return re.search(r'id="etat" name="etat" value="([^"]+)"', page)[1]

    def test_it_stays_as_it_is_until_it_says_something_else(self, client, world):
        letter = world.letter()
        here = f"/messagerie/conversations/{letter.id}"
        state = self.state(client.get(here).text)
        assert client.get(f"{here}/entete?etat={state}", headers=HTMX).status_code == 204
        world.ends(CHRISTELLE)
        piece = client.get(f"{here}/entete?etat={state}", headers=HTMX).text
        assert "Christelle Thomas a mis fin à vos échanges" in piece
        assert "Répondre" not in piece

    def test_both_buttons_are_described_by_whom_they_answer(self, client, world):
        letter = world.letter(recipients=(world.inaya.party, MARIE))
        page = client.get(f"/messagerie/conversations/{letter.id}").text
        assert '<span class="vh" id="a-qui">à Christelle Thomas</span>' in page
        assert '<span class="vh" id="a-tous">à Christelle Thomas, Marie Chanteau</span>' in page
        assert 'value="tous" aria-describedby="a-tous"' in page


def test_a_reply_is_not_marked_read(client, world):
    letter = world.letter()
    reply = world.letter(kind=MessageKind.REPLY, sender=world.inaya.party, conversation_id=letter.id)
    assert client.post(f"/messagerie/messages/{reply.id}/lu", headers=HTMX).status_code == 204
    assert world.store.kept["messages"][reply.id].read_at is None
