"""The piece of the home page that tells of the mailbox: what is unread, and what did not arrive."""

from datetime import timedelta

from msgspec.structs import replace

from chassis.clock import now
from messaging.domain.consignment import consigned
from messaging.domain.delivery import Fact, Heard
from messaging.domain.model import MessageKind
from tests.messaging.people import CHRISTELLE, INAYA_ID

from .conftest import words


def answered(world, letter, *facts, at=None):
    """A reply to `letter`, of which these facts were heard."""
    reply = replace(letter, id=f"reply-to-{letter.id}", kind=MessageKind.REPLY, recipients=(CHRISTELLE,))
    (consignment,) = consigned(reply, reply.recipients, now())
    (delivery,) = consignment.deliveries
    for fact in facts:
        consignment = consignment.hearing({delivery.id: Heard(fact=fact, at=at or now())})
    world.store.put("consignments", consignment)


def shown(client):
    answer = client.get("/messagerie/accueil")
    assert answer.status_code == 200
    return words(answer)


def test_unread_letters_are_counted(client, world):
    assert "Vous avez lu tous vos messages." in shown(client)
    world.store.put("mailboxes", replace(world.store.kept["mailboxes"][INAYA_ID], unread=1))
    assert "1 message non lu" in shown(client)
    world.store.put("mailboxes", replace(world.store.kept["mailboxes"][INAYA_ID], unread=2))
    assert "2 messages non lus" in shown(client)


def test_a_reply_that_did_not_arrive_leads_to_its_conversation(client, world, letter):
    answered(world, letter, Fact.FAILED)
    page = shown(client)
    assert page.count("Non remis à Christelle Thomas") == 1
    assert f'href="/messagerie/conversations/{letter.conversation_id}"' in page


def test_what_arrived_or_was_given_up_by_the_patient_is_not_told(client, world):
    answered(world, world.letter(subject="Lu"), Fact.ACCEPTED, Fact.READ)
    answered(world, world.letter(subject="Abandonné"), Fact.FAILED, Fact.GIVEN_UP)
    assert "Non remis" not in shown(client)


def test_three_at_most_the_latest_first(client, world):
    for number in range(5):
        answered(world, world.letter(subject=f"Objet {number}"), Fact.FAILED, at=now() + timedelta(number))
    page = shown(client)
    assert [f"Objet {number}" in page for number in range(5)] == [False, False, True, True, True]
    assert page.index("Objet 4") < page.index("Objet 2")
