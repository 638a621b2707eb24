"""What a patient reads of a reply on its way, and what they can decide when it did not arrive."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chassis.clock import now
from contracts.messaging import ReplyStateChanged
from messaging.domain.allowance import Allowance, Allowances
from messaging.domain.consignment import consigned
from messaging.domain.delivery import Fact, Heard
from messaging.domain.model import MessageKind
from tests.messaging.people import AT, CHRISTELLE, INAYA_ID, MARIE
from tests.messaging.web.conftest import words


class Sent:
    """A reply to Christelle and Marie, in one consignment."""

    def __init__(self, world, queued_at=AT):
        self.world = world
        self.letter = world.letter(recipients=(world.inaya.party, MARIE))
        self.message = replace(
            self.letter,
            id=f"reply-{id(self)}",
            kind=MessageKind.REPLY,
            sender=world.inaya.party,
            recipients=(CHRISTELLE, MARIE),
        )
        world.store.put("messages", self.message)
        (consignment,) = consigned(self.message, self.message.recipients, queued_at)
        world.store.put("consignments", consignment)
        self.id = consignment.id

    @property
    def consignment(self):
        return self.world.store.kept["consignments"][self.id]

    def way(self, party=CHRISTELLE):
        return next(one for one in self.consignment.deliveries if one.recipient == party)

    def hears(self, fact, party=CHRISTELLE, reason=None, at=AT):
        news = {self.way(party).id: Heard(fact=fact, at=at, reason=reason)}
        self.world.store.put("consignments", replace(self.consignment.hearing(news), state="failed", attempts=7))

    def presses(self, client, choice, party=CHRISTELLE):
        path = f"/messagerie/messages/{self.message.id}/destinataires/{self.way(party).id}"
        return client.post(path, data={"choix": choice})

    @property
    def told(self):
        return [one.state for one in self.world.store.published if isinstance(one, ReplyStateChanged)]

    def page(self, client):
        return words(client.get(f"/messagerie/conversations/{self.letter.conversation_id}"))


@pytest.fixture
def sent(world):
    return Sent(world)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no-such-address", "cette adresse n'existe pas, ou n'existe plus"),
        ("mailbox-full", "sa messagerie est pleine"),
        ("refused", "son serveur de messagerie a refusé le message"),
    ],
)
def test_a_failure_says_why_for_that_recipient_alone(client, sent, reason, said):
    sent.hears(Fact.FAILED, reason=reason)
    sent.hears(Fact.DELIVERED, MARIE)
    page = sent.page(client)
    assert "Non remis à Christelle Thomas" in page and said in page
    assert "Remis à Marie Chanteau" in page


def test_reading_is_told_with_its_instant(client, sent):
    sent.hears(Fact.READ)
    assert "Lu le 9 juin 2026 à 10:00 par Christelle Thomas" in sent.page(client)


def test_a_failed_recipient_can_be_tried_again_once_however_often_it_is_pressed(client, sent):
    sent.hears(Fact.FAILED, reason="refused")
    assert "Réessayer" in sent.page(client)
    for _ in range(2):
        answer = sent.presses(client, "reprise")
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"/messagerie/conversations/{sent.letter.conversation_id}",
        )
    assert sent.told == ["queued"]
    assert (sent.way().reply_state, sent.consignment.state, sent.consignment.attempts) == ("queued", "queued", 0)
    assert not sent.consignment.troubled
    assert sent.world.store.audited[-1]["action"] == "reply-retried"


def test_a_failed_recipient_can_be_given_up_and_is_no_longer_counted(client, world):
    sent = Sent(world, now())
    sent.hears(Fact.FAILED, reason="refused")
    assert sent.consignment.troubled
    for _ in range(2):
        assert sent.presses(client, "abandon").status_code == 303
    assert sent.told == ["given-up"]
    assert not sent.consignment.troubled
    page = sent.page(client)
    assert "Non remis à Christelle Thomas" in page and "Ne plus envoyer" not in page


def test_what_was_given_up_can_still_be_tried_again(client, sent):
    sent.hears(Fact.FAILED)
    sent.presses(client, "abandon")
    sent.presses(client, "reprise")
    assert sent.way().reply_state in ("queued", "given-up")


def test_what_has_left_is_neither_tried_again_nor_given_up(client, sent):
    sent.hears(Fact.ACCEPTED)
    page = sent.page(client)
    assert "Remis au serveur de messagerie de Christelle Thomas" in page and "Réessayer" not in page
    for choice in ("reprise", "abandon"):
        assert sent.presses(client, choice).status_code == 303
    assert (sent.told, sent.way().reply_state) == ([], "accepted")


def test_what_waits_for_hours_can_be_given_up_and_what_just_left_is_not_asked_about(client, world):
    late, fresh = Sent(world, AT), Sent(world, now() - timedelta(minutes=1))
    assert "Pas encore remis à Marie Chanteau, nous réessayons" in late.page(client)
    assert "Ne plus envoyer" in late.page(client)
    assert "Ne plus envoyer" not in fresh.page(client)
    late.presses(client, "abandon")
    assert late.way().reply_state == "given-up"


def test_nobody_is_written_to_again_who_ended_the_exchange(client, sent):
    sent.hears(Fact.FAILED)
    sent.world.ends(CHRISTELLE)
    assert sent.presses(client, "reprise").status_code == 409
    assert (sent.told, sent.way().reply_state) == ([], "failed")


def test_trying_again_counts_like_a_sending_and_is_refused_like_one(client, sent, given):
    given.allowances = Allowances(by_patient=(Allowance(2, timedelta(hours=1)),))
    for _ in range(2):
        sent.hears(Fact.FAILED, reason="mailbox-full", at=now())
        assert sent.presses(client, "reprise").status_code == 303
    sent.hears(Fact.FAILED, reason="mailbox-full", at=now())
    before, told = sent.consignment, sent.told
    answer = sent.presses(client, "reprise")
    assert answer.status_code == 429
    assert "Vous avez envoyé beaucoup de messages en peu de temps." in words(answer)
    assert "vous pourrez l'envoyer à partir du" in words(answer)
    assert f"/messagerie/conversations/{sent.letter.conversation_id}" in answer.text
    assert (sent.consignment, sent.told) == (before, told)
    assert "Non remis à Christelle Thomas" in sent.page(client)
    assert sent.presses(client, "abandon").status_code == 303


def test_a_professional_whom_many_write_to_is_not_tried_again_for_now(client, sent, given):
    given.allowances = Allowances(to_professional=(Allowance(1, timedelta(hours=1)),))
    Sent(sent.world, now())
    sent.hears(Fact.FAILED)
    answer = sent.presses(client, "reprise")
    assert answer.status_code == 429
    assert "Christelle Thomas reçoit beaucoup de messages en ce moment." in words(answer)
    assert (sent.told, sent.way().reply_state) == ([], "failed")


def test_a_receipt_leaves_though_nothing_more_may_be_sent(client, world, given):
    given.allowances = Allowances(by_patient=(Allowance(1, timedelta(hours=1)),))
    world.store.kept["sendings"][INAYA_ID] = [now()]
    letter = world.letter(receipt_to=CHRISTELLE.address)
    client.get(f"/messagerie/conversations/{letter.conversation_id}")
    assert [one.cargo for one in world.store.kept["consignments"].values()] == ["receipt"]
    assert len(world.store.kept["sendings"][INAYA_ID]) == 1


@pytest.mark.parametrize("data", [{}, {"choix": "autre"}])
def test_a_decision_that_cannot_be_read_changes_nothing(client, sent, data):
    sent.hears(Fact.FAILED)
    path = f"/messagerie/messages/{sent.message.id}/destinataires/{sent.way().id}"
    assert client.post(path, data=data).status_code == 400
    assert sent.told == []


def test_another_patient_decides_nothing(client, sent, as_other):
    sent.hears(Fact.FAILED)
    as_other()
    assert sent.presses(client, "reprise").status_code == 404
    assert sent.world.store.audited[-1]["outcome"] == "refused"


def test_a_recipient_that_is_not_of_this_reply_is_not_found(client, sent):
    path = f"/messagerie/messages/{sent.message.id}/destinataires/nobody"
    assert client.post(path, data={"choix": "reprise"}).status_code == 404


class TestReceipts:
    """The receipt that a professional asked for: told on the page, sent once, or refused."""

    @pytest.fixture
    def letter(self, world):
        return world.letter(receipt_to=CHRISTELLE.address)

    def read(self, client, letter):
        return words(client.get(f"/messagerie/conversations/{letter.conversation_id}"))

    def test_the_page_says_so_and_one_receipt_leaves_with_the_first_reading(self, client, world, letter):
        for _ in range(2):
            assert "Christelle Thomas saura que vous avez lu ce message." in self.read(client, letter)
        (receipt,) = world.store.kept["consignments"].values()
        assert (receipt.cargo, receipt.message_id, receipt.domain) == ("receipt", letter.id, "chu.mssante.fr")
        assert [one.recipient.address for one in receipt.deliveries] == [CHRISTELLE.address]

    def test_a_letter_that_asked_for_none_gets_none(self, client, world):
        assert "saura" not in self.read(client, world.letter())
        assert world.store.kept["consignments"] == {}

    def test_who_refuses_receipts_sends_none_and_is_told_nothing(self, client, world, letter):
        assert client.post("/messagerie/preferences", data={"accuses": "non"}).status_code == 303
        assert 'id="accuses-non" name="accuses" value="non" checked' in client.get("/messagerie/preferences").text
        assert "saura" not in self.read(client, letter)
        assert world.store.kept["consignments"] == {}
        client.post("/messagerie/preferences", data={"accuses": "oui"})
        assert 'id="accuses-oui" name="accuses" value="oui" checked' in client.get("/messagerie/preferences").text
        assert world.store.kept["preferences"][INAYA_ID].receipts
