"""What is asked once more before a reply leaves."""

import re

import pytest

from messaging.domain.model import RowState
from tests.messaging.people import CHRISTELLE, MARIE
from tests.messaging.web.conftest import words
from tests.messaging.web.drafting import address, form, kept


def marks(answer):
    return re.findall(r'name="confirme" value="([0-9a-f]{16})"', answer.text)


@pytest.fixture
def press(client, draft):
    def send(**changes):
        return client.post(address(draft, "/envoi"), data=form(draft) | changes)

    return send


class TestAMaskedDocument:
    @pytest.fixture(autouse=True)
    def masked(self, world, draft):
        return world.row(draft, filename="Sérologie.pdf", masked=True)

    def test_is_asked_about_before_it_leaves_and_its_readers_are_named(self, client, world, begin, draft):
        answer = client.post(address(draft, "/envoi"), data=form(draft, to=(CHRISTELLE, MARIE)))
        assert answer.status_code == 409
        for shown in ("Sérologie.pdf", "masqué à vos professionnels", "Christelle Thomas", "Marie Chanteau"):
            assert shown in words(answer)
        assert world.store.kept["consignments"] == {}
        assert kept(world).text == "Bonjour Christelle"

    def test_leaves_once_confirmed_with_what_was_typed(self, client, world, press):
        asked = press()
        assert 'name="texte" value="Bonjour Christelle"' in asked.text
        answer = press(confirme=marks(asked), revision="2", page="confirming")
        assert answer.status_code == 303
        (message,) = (one for one in world.store.kept["messages"].values() if one.kind == "reply")
        assert (message.text, message.files[0].filename) == ("Bonjour Christelle", "Sérologie.pdf")

    @pytest.mark.parametrize("forged", [[], ["on"], ["0" * 16]])
    def test_does_not_leave_by_a_request_made_by_hand(self, world, press, forged):
        assert press(confirme=forged).status_code == 409
        assert world.store.kept["consignments"] == {}
        assert kept(world).text == "Bonjour Christelle"

    def test_is_asked_about_again_for_other_readers(self, client, world, draft, press):
        given = marks(press())
        fields = form(draft, to=(CHRISTELLE, MARIE), revision="2", confirme=given)
        answer = client.post(address(draft, "/envoi"), data=fields)
        assert answer.status_code == 409
        assert "Marie Chanteau" in words(answer)
        assert world.store.kept["consignments"] == {}

    def test_is_asked_about_again_when_another_joined_it(self, world, draft, press):
        given = marks(press())
        world.row(draft, filename="Psychiatrie.pdf", masked=True)
        answer = press(confirme=given)
        assert answer.status_code == 409
        assert "Psychiatrie.pdf" in words(answer)

    def test_is_shown_as_masked_in_the_draft(self, client, draft):
        assert "Masqué à mes professionnels de santé" in client.get(address(draft)).text

    def test_is_asked_about_after_what_must_be_mended(self, world, draft, press):
        world.row(draft, state=RowState.PENDING)
        assert "Pas encore prêt" in words(press())


class TestAForgottenDocument:
    @pytest.mark.parametrize("text", ["Voici ci-joint mes résultats", "Ci joint l'ordonnance", "En pièce jointe."])
    def test_is_asked_about_once(self, world, press, text):
        asked = press(texte=text)
        assert asked.status_code == 409
        assert "il n'en contient aucun" in words(asked)
        assert world.store.kept["consignments"] == {}
        assert press(texte=text, confirme=marks(asked), revision="2").status_code == 303

    def test_is_not_asked_about_when_there_is_one(self, world, draft, press):
        world.row(draft)
        assert press(texte="Voici ci-joint mes résultats").status_code == 303

    @pytest.mark.parametrize("text", ["Je vous rejoins lundi", "Mon conjoint viendra", "Merci"])
    def test_is_not_suspected_in_other_words(self, press, text):
        assert press(texte=text).status_code == 303


def test_a_document_that_is_not_masked_leaves_without_a_question(world, draft, press):
    world.row(draft)
    assert press().status_code == 303
