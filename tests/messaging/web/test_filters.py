"""The list narrowed: filters by one press, together, and taken off again."""

from msgspec.structs import replace

from messaging.domain.drafting import tick_of
from messaging.domain.model import Party
from tests.messaging.people import AT, CHRISTELLE
from tests.messaging.web.conftest import words

DUPOND = Party(name="Docteur Dupond", address="dupond@chu.mssante.fr")


def rows(client, **asked):
    page = words(client.get("/messagerie", params=asked))
    return {subject for subject in ("Lue", "Avec", "Sans", "Finie") if f'<span class="subject">{subject}' in page}


def furnished(world):
    world.letter(subject="Lue", read_at=AT)
    world.letter(subject="Avec", attachments=(world.file("a.pdf", b"%PDF"),))
    world.letter(subject="Sans")
    world.letter(subject="Finie", sender=DUPOND)
    world.ends(DUPOND)


def test_each_filter_and_filters_together(client, world):
    furnished(world)
    assert rows(client) == {"Lue", "Avec", "Sans", "Finie"}
    assert rows(client, **{"non-lus": "1"}) == {"Avec", "Sans", "Finie"}
    assert rows(client, documents="1") == {"Avec"}
    assert rows(client, termines="1") == {"Finie"}
    assert rows(client, de=tick_of(CHRISTELLE.address)) == {"Lue", "Avec", "Sans"}
    assert rows(client, de=tick_of(CHRISTELLE.address), **{"non-lus": "1"}) == {"Avec", "Sans"}
    assert rows(client, de=tick_of(CHRISTELLE.address), termines="1") == set()
    assert rows(client, de=tick_of(DUPOND.address), termines="1", **{"non-lus": "1"}) == {"Finie"}


def test_a_filter_that_is_set_is_told_by_a_word_and_taken_off_by_a_press(client, world):
    furnished(world)
    page = words(client.get("/messagerie", params={"non-lus": "1", "documents": "1"}))
    assert "(filtre posé, l'enlever)" in page
    assert 'href="/messagerie?documents=1"' in page
    assert "1 - 1 sur 1" in page


def test_an_open_conversation_keeps_the_list_narrowed(client, world):
    furnished(world)
    page = words(client.get("/messagerie", params={"documents": "1"}))
    (row,) = [one for one in world.store.kept["conversations"].values() if one.with_files]
    assert f'href="/messagerie/conversations/{row.id}?documents=1"' in page


def test_professionals_lead_to_their_conversations(client, world):
    furnished(world)
    page = words(client.get("/messagerie/professionnels"))
    assert f'href="/messagerie?de={tick_of(DUPOND.address)}">Docteur Dupond' in page


def test_a_mangled_filter_narrows_nothing(client, world):
    furnished(world)
    assert rows(client, de="../x", **{"non-lus": "yes"}) == {"Lue", "Avec", "Sans", "Finie"}


def test_a_conversation_that_was_read_leaves_the_unread_list(client, world):
    letter = world.letter(subject="Sans")
    client.get(f"/messagerie/conversations/{letter.id}")
    assert rows(client, **{"non-lus": "1"}) == set()
    row = world.store.kept["conversations"][letter.id]
    assert replace(row, unread=0) == row


def test_a_filter_that_keeps_nothing_says_so_and_leads_to_the_whole_list(client, world):
    page = client.get("/messagerie?termines=1").text
    assert "Aucune conversation ne correspond à ce filtre" in page
    assert "Voir toutes les conversations" in page
