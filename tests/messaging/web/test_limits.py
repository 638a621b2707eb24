"""Who has sent much in little time is told when one more may leave, and loses nothing."""

from datetime import timedelta

import pytest

from chassis.clock import now
from messaging.domain.allowance import Allowance, Allowances
from messaging.domain.consignment import consigned
from messaging.domain.model import MessageKind
from tests.messaging.people import CHRISTELLE, INAYA_ID, OTHER_ID
from tests.messaging.web.conftest import words

HOUR = timedelta(hours=1)


def already_sent(world, *minutes_ago, patient_id=INAYA_ID):
    for minutes in minutes_ago:
        reply = world.letter(kind=MessageKind.REPLY, patient_id=patient_id)
        at = now() - timedelta(minutes=minutes)
        world.store.put("consignments", *consigned(reply, [CHRISTELLE], at))
        world.store.kept["sendings"].setdefault(patient_id, []).append(at)


def press_send(client, draft, text="Bonjour"):
    form = {"revision": str(draft.revision), "texte": text, "page": "p", "a": ticks(client, draft)}
    return client.post(f"/messagerie/brouillons/{draft.id}/envoi", data=form)


def ticks(client, draft):
    page = client.get(f"/messagerie/brouillons/{draft.id}").text
    return page.partition('name="a" value="')[2].partition('"')[0]


@pytest.fixture
def queued(world):
    return lambda: [
        one for one in world.store.kept["consignments"].values() if one.queued_at > now() - timedelta(minutes=1)
    ]


def test_the_patient_s_own_allowance_says_when_and_keeps_the_text(client, given, world, draft, queued):
    given.allowances = Allowances(by_patient=(Allowance(2, HOUR),))
    already_sent(world, 10, 20)
    answer = press_send(client, draft, "Un texte à ne pas perdre")
    assert answer.status_code == 429
    assert "Vous avez envoyé beaucoup de messages en peu de temps." in words(answer)
    assert "vous pourrez l'envoyer à partir du" in words(answer)
    assert "Un texte à ne pas perdre" in words(answer)
    assert world.store.kept["drafts"][draft.id].text == "Un texte à ne pas perdre"
    assert queued() == []


def test_an_hour_later_it_leaves(client, given, world, draft, queued):
    given.allowances = Allowances(by_patient=(Allowance(2, HOUR),))
    already_sent(world, 10, 61)
    assert press_send(client, draft).status_code == 303
    assert len(queued()) == 1


def test_what_leaves_counts_for_what_comes_after(client, given, world, draft):
    given.allowances = Allowances(by_patient=(Allowance(2, HOUR),))
    already_sent(world, 10, 61)
    press_send(client, draft)
    assert len(world.store.kept["sendings"][INAYA_ID]) == 2


def test_a_professional_who_is_written_to_by_many_is_named(client, given, world, draft, queued):
    given.allowances = Allowances(to_professional=(Allowance(3, HOUR),))
    already_sent(world, 1, 2, 3, patient_id=OTHER_ID)
    answer = press_send(client, draft)
    assert answer.status_code == 429
    assert "Christelle Thomas reçoit beaucoup de messages en ce moment." in words(answer)
    assert len(queued()) == 0
