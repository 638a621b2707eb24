"""Marking as unread, deleting after a question, restoring: rows and counters always say the same."""

from datetime import timedelta

from msgspec.structs import replace

from contracts.messaging import ConversationDeleted, MessageRead
from messaging.domain.drafting import tick_of
from messaging.domain.model import MessageKind, Party
from tests.messaging.people import AT, CHRISTELLE, INAYA_ID, OTHER_ID
from tests.messaging.web.conftest import words
from tests.messaging.web.drafting import address, form, kept


def box(world):
    return world.store.kept["mailboxes"][INAYA_ID]


def delete(client, letter):
    return client.post(f"/messagerie/conversations/{letter.conversation_id}/suppression")


def restore(client, letter):
    return client.post(f"/messagerie/corbeille/{letter.conversation_id}/restauration")


def test_deleting_asks_first_with_what_becomes_of_the_files(client, world):
    letter = world.letter()
    page = words(client.get(f"/messagerie/conversations/{letter.id}/suppression"))
    assert "Les documents que vous avez ajoutés restent dans Documents" in page
    assert "les autres pièces jointes seront perdues après 30 jours." in page
    assert "Supprimer" in page
    cancel = page.split("Annuler")[0].rsplit("<a ", 1)[1]
    assert f'href="/messagerie/conversations/{letter.id}"' in cancel
    assert "autofocus" in cancel


def test_a_deleted_conversation_is_in_the_trash_and_nowhere_else(client, world):
    letter = world.letter()
    world.letter(subject="Une autre")
    assert delete(client, letter).headers["location"] == "/messagerie"
    mailbox = words(client.get("/messagerie"))
    assert "Préparation de votre rendez-vous" not in mailbox
    assert "1 - 1 sur 1" in mailbox
    trash = words(client.get("/messagerie/corbeille"))
    assert "Préparation de votre rendez-vous" in trash
    assert "disparaît le" in trash
    assert (box(world).unread, box(world).conversations) == (1, 1)


def test_deleting_is_told_and_audited_once_however_often_it_is_pressed(client, world):
    letter = world.letter()
    delete(client, letter)
    delete(client, letter)
    (told,) = [event for event in world.store.published if isinstance(event, ConversationDeleted)]
    assert told.gone_at - told.deleted_at == timedelta(days=30)
    assert [one["action"] for one in world.store.audited].count("conversation-deleted") == 1


def test_a_conversation_in_the_trash_is_shown_with_the_way_back_and_stays_unread(client, world):
    letter = world.letter()
    delete(client, letter)
    answer = client.get(f"/messagerie/conversations/{letter.id}")
    assert answer.headers["location"] == f"/messagerie/corbeille/{letter.id}"
    assert "Restaurer" in words(client.get(answer.headers["location"]))
    assert world.store.kept["messages"][letter.id].unread


def test_restoring_brings_back_row_draft_and_unread_count(client, world, begin, letter):
    begin()
    delete(client, letter)
    assert box(world).unread == 0
    assert restore(client, letter).headers["location"] == f"/messagerie/conversations/{letter.id}"
    assert "Brouillon," in words(client.get("/messagerie"))
    assert (box(world).unread, box(world).conversations) == (1, 1)
    restore(client, letter)
    assert (box(world).unread, box(world).conversations) == (1, 1)


def test_after_thirty_days_nothing_can_be_restored(client, world):
    letter = world.letter()
    delete(client, letter)
    row = world.store.kept["conversations"][letter.id]
    world.store.put("conversations", replace(row, trashed_at=row.trashed_at - timedelta(days=30)))
    assert restore(client, letter).status_code == 404


def test_a_draft_in_the_trash_keeps_its_words_and_says_why_it_cannot_leave(client, world, draft, letter):
    delete(client, letter)
    answer = client.post(address(draft, "/envoi"), data=form(draft, "Bonjour Christelle"))
    assert answer.status_code == 409
    assert "Cette conversation est dans la corbeille" in words(answer)
    assert "Bonjour Christelle" in words(answer)
    assert world.store.kept["consignments"] == {}


def test_a_reply_that_is_queued_leaves_all_the_same(client, world, draft, letter):
    client.post(address(draft, "/envoi"), data=form(draft, "Bonjour Christelle"))
    delete(client, letter)
    assert [one.state for one in world.store.kept["consignments"].values()] == ["queued"]


def test_a_draft_that_was_to_begin_a_conversation_goes_and_returns_too(client, world):
    world.letter()
    client.post("/messagerie/nouveau", data={"a": [tick_of(CHRISTELLE.address)], "objet": "Mon ordonnance"})
    begun = kept(world)
    client.post(f"/messagerie/conversations/{begun.id}/suppression")
    assert "Mon ordonnance" not in words(client.get("/messagerie"))
    client.post(f"/messagerie/corbeille/{begun.id}/restauration")
    assert "Mon ordonnance" in words(client.get("/messagerie"))


def test_another_patient_s_conversation_is_not_found_and_the_attempt_is_audited(client, world):
    letter = world.letter(patient_id=OTHER_ID)
    for path in ("conversations/{}/suppression", "conversations/{}/non-lue", "corbeille/{}/restauration"):
        assert client.post("/messagerie/" + path.format(letter.id)).status_code == 404
    assert [one["outcome"] for one in world.store.audited] == ["refused"] * 3
    assert world.store.kept["conversations"][letter.id].trashed_at is None


def test_marked_as_unread_it_counts_again_without_a_second_first_reading(client, world):
    letter = world.letter()
    client.get(f"/messagerie/conversations/{letter.id}")
    assert box(world).unread == 0
    answer = client.post(f"/messagerie/conversations/{letter.id}/non-lue")
    assert answer.headers["location"] == "/messagerie"
    client.post(f"/messagerie/conversations/{letter.id}/non-lue")
    assert box(world).unread == 1
    assert 'class="row unread"' in client.get("/messagerie").text
    first_read = world.store.kept["messages"][letter.id].read_at
    client.get(f"/messagerie/conversations/{letter.id}")
    assert box(world).unread == 0
    assert world.store.kept["messages"][letter.id].read_at == first_read
    assert sum(isinstance(event, MessageRead) for event in world.store.published) == 1


def test_the_service_s_message_can_be_marked_too(client, world):
    welcome = world.letter(kind=MessageKind.SERVICE, sender=Party(name="Mon espace santé", address=""), read_at=AT)
    client.post(f"/messagerie/conversations/{welcome.id}/non-lue")
    assert box(world).unread == 1
