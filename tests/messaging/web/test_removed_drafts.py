"""Drafts left empty, thrown away, and taken back."""

import pytest

from messaging.domain.model import RowState
from tests.messaging.web.conftest import HTMX, words
from tests.messaging.web.drafting import address, form, kept


def live(world):
    return [one for one in world.store.kept["drafts"].values() if one.removed_at is None]


class TestThrownAway:
    @pytest.fixture
    def thrown_away(self, client, world, draft):
        client.post(address(draft), data=form(draft, "mes mots"))
        world.row(draft)
        return client.post(address(draft, "/suppression"), data=form(draft, "mes mots"))

    def test_it_is_gone_from_the_list_and_says_how_to_have_it_back(self, client, world, thrown_away):
        page = words(client.get(thrown_away.headers["location"]))
        assert "Brouillon supprimé" in page
        assert "Annuler la suppression" in page
        assert "Brouillon," not in page

    def test_it_comes_back_with_its_files(self, client, world, draft, thrown_away):
        page = words(client.get("/messagerie/brouillons/supprimes"))
        assert "mes mots" in page
        answer = client.post(address(draft, "/reprise"), data={"page": "one"})
        assert answer.headers["location"] == address(draft)
        back = words(client.get(address(draft)))
        assert "mes mots" in back
        assert "Ordonnance.pdf" in back
        assert "Brouillon," in client.get("/messagerie").text

    def test_taken_back_twice_it_is_there_once(self, client, world, draft, thrown_away):
        client.post(address(draft, "/reprise"), data={"page": "one"})
        assert client.post(address(draft, "/reprise"), data={"page": "one"}).status_code == 303
        conversation = world.store.kept["conversations"][draft.conversation_id]
        assert conversation.drafts == (draft.id,)

    def test_pressed_twice_it_is_thrown_away_once(self, client, draft, thrown_away):
        assert client.post(address(draft, "/suppression"), data=form(draft)).status_code == 303

    def test_its_own_address_offers_it(self, client, draft, thrown_away):
        assert "Reprendre ce brouillon" in words(client.get(address(draft)))

    def test_another_begun_since_is_not_joined_by_it(self, client, world, draft, begin, thrown_away):
        begin()
        (other,) = live(world)
        client.post(address(other), data=form(other, "autre chose"))
        answer = client.post(address(draft, "/reprise"), data={"page": "one"})
        assert answer.status_code == 409
        assert "Un autre brouillon est commencé" in words(answer)
        assert [one.id for one in live(world)] == [other.id]

    def test_an_empty_one_begun_since_gives_way(self, client, world, draft, begin, thrown_away):
        begin()
        assert client.post(address(draft, "/reprise"), data={"page": "one"}).status_code == 303
        assert [one.id for one in live(world)] == [draft.id]

    def test_words_typed_on_another_page_meanwhile_can_be_kept(self, client, world, draft, thrown_away):
        answer = client.post(address(draft), data=form(draft, "d'autres mots", page="phone"))
        assert answer.status_code == 404
        assert "Garder mon texte" in words(answer)
        client.post(address(draft, "/reprise"), data={"texte": "d'autres mots", "page": "phone"})
        assert [one.text for one in live(world)] == ["d'autres mots"]

    def test_autosave_on_another_page_says_that_it_is_gone(self, client, draft, thrown_away):
        answer = client.post(address(draft), data=form(draft, "d'autres mots", page="phone"), headers=HTMX)
        assert (answer.status_code, "Voir mon texte" in answer.text) == (200, True)

    def test_another_patient_cannot_take_it_back(self, client, world, draft, thrown_away, as_other):
        as_other()
        assert client.post(address(draft, "/reprise"), data={"page": "one"}).status_code == 404
        assert "mes mots" not in client.get("/messagerie/brouillons/supprimes").text
        assert live(world) == []


class TestLeft:
    def test_with_nothing_in_it_a_draft_goes(self, client, world, draft):
        answer = client.post(address(draft, "/retour"), data=form(draft, " "))
        assert answer.headers["location"] == f"/messagerie/conversations/{draft.conversation_id}"
        assert live(world) == []
        assert "Aucun brouillon à reprendre" in words(client.get("/messagerie/brouillons/supprimes"))

    @pytest.mark.parametrize("text", ["un mot", ""])
    def test_with_text_or_a_file_it_stays(self, client, world, draft, text):
        if not text:
            world.row(draft, state=RowState.PENDING)
        client.post(address(draft, "/retour"), data=form(draft, text))
        assert [one.text for one in live(world)] == [text]

    def test_by_a_link_it_goes_too(self, client, world, draft):
        assert client.post(address(draft, "/depart")).status_code == 204
        assert client.post(address(draft, "/depart")).status_code == 204
        assert live(world) == []

    def test_words_that_come_after_it_went_bring_it_back(self, client, world, draft):
        client.post(address(draft, "/depart"))
        answer = client.post(address(draft), data=form(draft, "encore là", page="phone"), headers=HTMX)
        assert "Brouillon enregistré" in answer.text
        assert [one.text for one in live(world)] == ["encore là"]

    def test_words_for_one_that_another_replaced_are_shown_beside_the_other_s(self, client, world, draft, begin):
        client.post(address(draft, "/depart"))
        begin()
        (other,) = live(world)
        client.post(address(other), data=form(other, "le nouveau"))
        answer = client.post(address(draft), data=form(draft, "l'ancien", page="phone"))
        assert answer.status_code == 409
        assert "le nouveau" in words(answer)
        assert "l'ancien" in words(answer)
        assert address(other) in answer.text


def test_back_saves_what_is_typed(client, world, draft):
    client.post(address(draft, "/retour"), data=form(draft, "pas fini"))
    assert kept(world).text == "pas fini"
