"""Writing first: only to who has written and not ended, with an "Objet", by the same draft and the same road."""

import asyncio
from datetime import timedelta

import pytest

from contracts.documents import HandoverRequested
from messaging.beginning import Beginning, begin_message
from messaging.domain.drafting import tick_of
from messaging.domain.errors import NobodyChosen
from messaging.domain.model import Party
from messaging.domain.threads import begin, combine
from tests.messaging.people import AT, CHRISTELLE, DOMAINS, INAYA, INAYA_ID, MARIE, OTHER_ID
from tests.messaging.web.conftest import words
from tests.messaging.web.drafting import address, form, kept

DUPOND = Party(name="Docteur Dupond", address="dupond@chu.mssante.fr")
NEW = "/messagerie/nouveau"
DOCUMENT = "01a2157c-72b9-7056-842b-7b07f2a5bb8a"


def fields(*to: Party, subject: str = "Mon ordonnance") -> dict[str, object]:
    return {"a": [tick_of(party.address) for party in to], "objet": subject}


def test_those_who_wrote_are_offered_and_nobody_else(client, world):
    world.letter(recipients=(world.inaya.party, MARIE))
    world.letter(sender=DUPOND)
    world.ends(DUPOND)
    world.letter(sender=MARIE, patient_id=OTHER_ID)
    page = words(client.get(NEW))
    assert "Christelle Thomas" in page
    assert "Docteur Dupond" not in page
    assert "Marie Chanteau" not in page


def test_before_anybody_has_written_the_page_says_how_it_begins(client, world):
    assert "dès qu'il vous aura envoyé un premier message" in words(client.get(NEW))


def test_a_new_message_is_a_draft_in_the_list_before_it_is_sent(client, world):
    world.letter(sender=DUPOND)
    world.letter()
    answer = client.post(NEW, data=fields(DUPOND))
    assert answer.headers["location"] == address(kept(world))
    page = words(client.get("/messagerie"))
    assert '<span class="draft">Brouillon,</span> Docteur Dupond' in page
    assert "Mon ordonnance" in page
    assert "1 - 3 sur 3" in page
    assert client.get(f"/messagerie/conversations/{kept(world).id}").headers["location"] == address(kept(world))


def test_it_is_sent_like_a_reply_and_begins_a_conversation(client, world):
    world.letter(sender=DUPOND)
    client.post(NEW, data=fields(DUPOND))
    draft = kept(world)
    page = words(client.get(address(draft)))
    assert "Nouveau message" in page
    assert "Mon ordonnance" in page
    client.post(address(draft, "/envoi"), data=form(draft, "Bonjour Docteur", (DUPOND,)))
    sent = world.store.kept["messages"][draft.id]
    assert (sent.subject, sent.recipients, sent.references) == ("Mon ordonnance", (DUPOND,), ())
    assert [one.recipient for each in world.store.kept["consignments"].values() for one in each.deliveries] == [
        DUPOND
    ]
    row = world.store.kept["conversations"][draft.id]
    assert (row.messages, row.drafts, row.begun) == (1, (), True)
    assert not row.answered_since


def test_the_professional_s_answer_makes_it_a_conversation_like_any_other(client, world):
    world.letter(sender=DUPOND)
    client.post(NEW, data=fields(DUPOND))
    draft = kept(world)
    client.post(address(draft, "/envoi"), data=form(draft, "Bonjour", (DUPOND,)))
    letter = world.letter(sender=DUPOND, subject="Mon ordonnance", at=AT + timedelta(days=900))
    row = combine([begin(letter), world.store.kept["conversations"][draft.id]])
    assert (row.id, row.subject, row.begun, row.messages) == (draft.id, "Mon ordonnance", False, 2)
    assert (row.sender_name, row.last_received_id) == ("Docteur Dupond", letter.id)


@pytest.mark.parametrize(
    ("subject", "sentence"),
    [("  ", "Donnez un objet à votre message."), ("x" * 101, "L'objet a au plus 100 caractères.")],
)
def test_an_objet_is_required_and_bounded_and_nothing_typed_is_lost(client, world, subject, sentence):
    world.letter()
    world.letter(sender=DUPOND)
    answer = client.post(NEW, data=fields(DUPOND, subject=subject))
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert f'value="{tick_of(DUPOND.address)}" checked' in words(answer)
    assert f'value="{subject}"' in words(answer)
    assert world.store.kept["drafts"] == {}


def test_what_lacks_is_said_all_at_once(client, world):
    world.letter()
    world.letter(sender=DUPOND)
    said = words(client.post(NEW, data={"a": [], "objet": ""}))
    assert "Choisissez au moins un destinataire." in said
    assert "Donnez un objet à votre message." in said


def test_two_of_the_same_name_are_told_apart_by_their_addresses(client, world):
    world.letter()
    world.letter(sender=DUPOND)
    assert DUPOND.address not in client.get(NEW).text
    world.letter(sender=Party(name=DUPOND.name, address="d.dupond@chu.mssante.fr"))
    for page in (NEW, "/messagerie/professionnels"):
        said = client.get(page).text
        assert DUPOND.address in said and "d.dupond@chu.mssante.fr" in said
        assert CHRISTELLE.address not in said


def test_nobody_else_can_be_written_to_whatever_the_request_says(client, world):
    world.letter()
    world.letter(sender=DUPOND)
    world.ends(DUPOND)
    answer = client.post(NEW, data=fields(DUPOND, MARIE))
    assert answer.status_code == 422
    assert "Choisissez au moins un destinataire." in words(answer)
    assert world.store.kept["drafts"] == {}


def test_a_professional_who_ends_meanwhile_gets_nothing_and_the_words_stay(client, world):
    world.letter(sender=DUPOND)
    client.post(NEW, data=fields(DUPOND))
    draft = kept(world)
    world.ends(DUPOND, at=AT + timedelta(days=1))
    answer = client.post(address(draft, "/envoi"), data=form(draft, "Bonjour Docteur", (DUPOND,)))
    assert answer.status_code == 409
    assert "Bonjour Docteur" in words(answer)
    assert world.store.kept["consignments"] == {}


def test_throwing_the_draft_away_takes_the_empty_conversation_with_it(client, world):
    world.letter(sender=DUPOND)
    client.post(NEW, data=fields(DUPOND))
    answer = client.post(address(kept(world), "/suppression"))
    assert answer.headers["location"] == "/messagerie"
    assert len(world.store.kept["conversations"]) == 1
    assert world.store.kept["mailboxes"][INAYA_ID].conversations == 1


def test_another_patient_s_professionals_are_nobody_s_business(world):
    world.letter(patient_id=OTHER_ID)
    wish = Beginning(ticks=(tick_of(CHRISTELLE.address),), subject="Bonjour")
    with pytest.raises(NobodyChosen):
        asyncio.run(begin_message(world.store, DOMAINS, INAYA, wish, at=AT))


def of_a_document(**changes: str) -> dict[str, object]:
    """What the page of a document sends with "Envoyer à un professionnel"."""
    known = {"taille": "1234", "nom": "Ordonnance.pdf", "type": "application/pdf"} | changes
    return {"document": DOCUMENT} | {f"{name}-{DOCUMENT}": value for name, value in known.items()}


def test_a_document_is_sent_to_a_professional_who_is_chosen_on_the_same_page(client, world):
    world.letter()
    page = words(client.post(f"{NEW}/document", data=of_a_document()))
    assert "Nouveau message" in page
    assert "Ordonnance.pdf" in page
    assert f'name="document" value="{DOCUMENT}"' in page
    answer = client.post(NEW, data=fields(CHRISTELLE) | of_a_document())
    assert answer.headers["location"] == address(kept(world))
    (row,) = world.store.kept["draft_rows"].values()
    assert (row.document_id, row.filename, row.size) == (DOCUMENT, "Ordonnance.pdf", 1234)
    (wanted,) = (event for event in world.store.published if isinstance(event, HandoverRequested))
    assert [one.document_id for one in wanted.rows] == [DOCUMENT]


def test_a_document_stays_chosen_while_something_is_to_be_mended(client, world):
    world.letter()
    answer = client.post(NEW, data=fields(CHRISTELLE, subject=" ") | of_a_document())
    assert answer.status_code == 422
    assert f'name="nom-{DOCUMENT}" value="Ordonnance.pdf"' in answer.text


def test_with_a_document_that_no_message_carries_nothing_is_begun(client, world):
    world.letter()
    answer = client.post(NEW, data=fields(CHRISTELLE) | of_a_document(taille="10000001"))
    assert answer.status_code == 422
    assert 'href="#documents"' in answer.text
    assert not world.store.kept["drafts"]
    assert "10 Mo" in words(answer)


def test_a_mangled_document_is_refused_by_the_names_of_its_fields(client, world):
    world.letter()
    asked = {"Accept": "application/json"}
    answer = client.post(f"{NEW}/document", data=of_a_document(taille="beaucoup"), headers=asked)
    assert answer.json()["fields"] == [f"taille-{DOCUMENT}", f"nom-{DOCUMENT}"]
