"""A reply leaves until each recipient's server took it, refused it, or 48 hours have passed."""

import asyncio
import email
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chassis.effects import Again, Done, GiveUp, Judged
from chassis.errors import BackingServiceAway, NotFound
from messaging.domain.consignment import Consignment, consigned
from messaging.domain.delivery import Fact, Heard
from messaging.domain.model import Party
from messaging.road import LEASE
from messaging.road.routes import NoRoute, NoRouteNow
from messaging.store.rows import row_of
from tests.messaging.mail.peer import CUT, Peer, listening
from tests.messaging.mail.road_house import CHRISTELLE, PATIENT, House, nothing_more, told


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    async with listening(Peer(tmp_path / "peer")) as serving:
        yield serving


@pytest.fixture
async def house(peer: Peer) -> AsyncIterator[House]:
    made = House(peer)
    yield made
    await made.road._peers.close()


async def test_recipients_of_one_domain_share_a_transaction_and_each_is_accepted(house: House) -> None:
    outcome = await house.attempt()
    assert isinstance(outcome, Done)
    assert told(outcome) == [("accepted", 2), ("accepted", 2)]
    (taken,) = house.peer.taken
    assert len(taken.recipients) == 2
    assert email.message_from_bytes(taken.content)["In-Reply-To"] == "<a@chu.mssante.fr>"
    assert taken.content == house.bucket.kept[f"sent/{PATIENT.id}/{house.message.id}"]


async def test_reports_are_asked_for_where_the_server_gives_them(house: House) -> None:
    await house.attempt()
    (taken,) = house.peer.taken
    size = len(taken.content)
    assert (
        taken.mail
        == f"FROM:<{PATIENT.mailbox_address}> SIZE={size} RET=HDRS ENVID={house.consignment.envelope_id}"
    )
    assert taken.recipients[0] == (
        f"TO:<{CHRISTELLE.address}> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{CHRISTELLE.address}"
    )


async def test_a_server_that_offers_nothing_is_asked_for_nothing(house: House) -> None:
    house.peer.offers = ()
    assert isinstance(await house.attempt(), Done)
    (taken,) = house.peer.taken
    assert (taken.mail, taken.recipients[0]) == (
        f"FROM:<{PATIENT.mailbox_address}>",
        f"TO:<{CHRISTELLE.address}>",
    )


async def test_one_refused_recipient_fails_alone_and_says_why(house: House) -> None:
    house.peer.answers["RCPT marie"] = "550 5.1.1 no such user"
    outcome = await house.attempt()
    assert isinstance(outcome, Done)
    assert house.states == {"christelle": "accepted", "marie": "failed"}
    assert house.reasons == {None, "no-such-address"}
    assert house.consignment.troubled


async def test_one_recipient_deferred_is_tried_again_alone(house: House) -> None:
    house.peer.answers["RCPT marie"] = "450 4.2.0 greylisted"
    assert isinstance(await house.attempt(), Again)
    assert house.states == {"christelle": "accepted", "marie": "sending"}
    house.peer.answers.clear()
    assert isinstance(await house.attempt(2), Done)
    assert [len(taken.recipients) for taken in house.peer.taken] == [1, 1]
    assert house.peer.taken[0].content == house.peer.taken[1].content
    assert house.bucket.puts == 1


async def test_a_reply_tried_again_by_the_patient_leaves_as_it_was_kept(house: House) -> None:
    house.peer.answers["."] = "550 5.2.2 full"
    await house.attempt()
    house.store.put("patients", replace(PATIENT, given_name="Another"))
    again = {
        one.id: Heard(fact=Fact.RETRIED, at=house.at + timedelta(hours=1)) for one in house.consignment.deliveries
    }
    house.consignment = house.consignment.hearing(again)
    house.at += timedelta(hours=2)
    house.peer.answers.clear()
    assert isinstance(await house.attempt(1), Done)
    assert b'"Inaya MICHEL"' in house.peer.taken[0].content
    assert house.bucket.puts == 1


async def test_a_reply_to_two_domains_is_one_content_though_the_second_begins_when_all_has_changed(
    house: House,
) -> None:
    first, second = house.to_two_domains()
    house.consignment = first
    assert isinstance(await house.attempt(), Done)
    house.store.put("patients", replace(PATIENT, given_name="Another"))
    house.at += timedelta(minutes=21)
    house.consignment = second
    assert isinstance(await house.attempt(), Done)
    one, other = house.peer.taken
    assert one.content == other.content == house.bucket.kept[f"sent/{PATIENT.id}/{house.message.id}"]
    assert b'"Inaya MICHEL"' in other.content and house.bucket.puts == 1


async def test_of_two_domains_that_are_composed_for_at_one_moment_the_first_to_be_kept_is_what_both_get(
    house: House,
) -> None:
    first, second = house.to_two_domains()

    async def the_second_is_quicker() -> None:
        house.bucket.before_put = nothing_more
        house.store.put("patients", replace(PATIENT, given_name="Another"))
        house.consignment = second
        assert isinstance(await house.attempt(), Done)

    house.bucket.before_put = the_second_is_quicker
    assert isinstance(await house.road.perform(row_of(replace(first, due_at=house.at + LEASE))), Judged)
    one, other = house.peer.taken
    assert one.content == other.content == house.bucket.kept[f"sent/{PATIENT.id}/{house.message.id}"]
    assert b'"Another MICHEL"' in other.content and house.bucket.puts == 1


async def test_the_first_attempt_of_an_ordinary_reply_looks_for_nothing_that_is_kept(house: House) -> None:
    await house.attempt()
    assert house.bucket.looks == 0


REFUSALS = {
    "MAIL": ("550 5.7.1 not you", "not-wanted"),
    "RCPT": ("550 5.2.2 full", "mailbox-full"),
    "DATA": ("554 no", "refused"),
    ".": ("552 5.3.4 too big", "too-large"),
}


@pytest.mark.parametrize("stage", REFUSALS)
async def test_a_5xx_at_any_stage_fails_at_once_with_its_reason(house: House, stage: str) -> None:
    house.peer.answers[stage], reason = REFUSALS[stage]
    outcome = await house.attempt()
    assert isinstance(outcome, GiveUp)
    assert set(house.states.values()) == {"failed"}
    assert house.reasons == {reason}


@pytest.mark.parametrize("stage", REFUSALS)
@pytest.mark.parametrize("answer", ["451 4.3.0 later", "421 4.3.2 closing", CUT])
async def test_anything_else_at_any_stage_is_tried_again_later(house: House, stage: str, answer: str) -> None:
    house.peer.answers[stage] = answer
    outcome = await house.attempt(attempts=3)
    assert isinstance(outcome, Again)
    assert timedelta(seconds=30) < outcome.due_at - house.at < timedelta(minutes=3)
    assert set(house.states.values()) == {"sending"}
    assert told(outcome) == [("sending", 2), ("sending", 2)]
    assert told(await house.attempt(attempts=4)) == []


@pytest.mark.parametrize("greeting", ["421 busy", "554 not today", "220"])
async def test_a_server_that_does_not_greet_well_is_tried_again(house: House, greeting: str) -> None:
    house.peer.greeting = greeting
    house.peer.answers["MAIL"] = "451 later"
    assert isinstance(await house.attempt(), Again)


async def test_a_reply_cut_between_data_and_the_answer_goes_again_as_the_very_same_bytes(house: House) -> None:
    house.peer.answers["."] = CUT
    assert isinstance(await house.attempt(1), Again)
    house.peer.answers.clear()
    assert isinstance(await house.attempt(2), Done)
    first, second = house.peer.taken
    assert first.content == second.content
    assert email.message_from_bytes(second.content)["Message-ID"] == house.message.message_id


async def test_what_another_worker_may_have_sent_meanwhile_is_not_sent(house: House) -> None:
    outcome = await house.attempt(lease=timedelta(0))
    assert isinstance(outcome, Again) and set(house.states.values()) == {"sending"}
    assert house.peer.taken == [] and "DATA" not in house.peer.said
    assert isinstance(await house.attempt(2), Done)
    assert (len(house.peer.taken), house.peer.connections) == (1, 1)


async def test_a_server_that_stays_silent_is_left_after_the_time_it_may_take(peer: Peer) -> None:
    peer.slow = asyncio.Event()
    house = House(peer, road_patience=0.5, road_last_patience=0.5)
    assert isinstance(await house.attempt(), Again)
    peer.slow.set()


async def test_a_message_larger_than_the_server_takes_is_not_sent_to_it(house: House) -> None:
    house.peer.offers = ("SIZE 100",)
    assert isinstance(await house.attempt(), GiveUp)
    assert house.reasons == {"too-large"} and not any(line.startswith("MAIL") for line in house.peer.said)


async def test_a_kept_connection_carries_the_next_reply(house: House) -> None:
    await house.attempt()
    house.consignment = consigned(house.message, house.message.recipients, house.at)[0]
    await house.attempt()
    assert (house.peer.connections, len(house.peer.taken)) == (1, 2)


async def test_a_kept_connection_that_broke_is_replaced_within_the_same_attempt(house: House) -> None:
    await house.attempt()
    kept = house.road._peers._kept("chu.mssante.fr")
    assert kept is not None
    house.road._peers.keep(kept)
    kept.client.transport.close()  # type: ignore[union-attr]
    house.consignment = consigned(house.message, house.message.recipients, house.at)[0]
    assert isinstance(await house.attempt(), Done)
    assert house.peer.connections == 2


async def test_the_next_server_is_tried_when_the_best_is_away(house: House, tmp_path: Path) -> None:
    house.routes.paths.insert(0, tmp_path / "nobody")
    assert isinstance(await house.attempt(), Done)


async def test_a_domain_without_a_server_fails_and_one_that_cannot_be_looked_up_waits(house: House) -> None:
    house.routes.error = NoRouteNow("chu.mssante.fr")
    assert isinstance(await house.attempt(), Again)
    house.routes.error = NoRoute("chu.mssante.fr")
    assert isinstance(await house.attempt(), GiveUp)
    assert house.reasons == {"no-such-address"}


async def test_after_48_hours_it_is_given_up_with_a_reason_and_nothing_is_lost(house: House) -> None:
    house.peer.answers["MAIL"] = "451 later"
    house.at += timedelta(hours=48)
    outcome = await house.attempt(60)
    assert isinstance(outcome, GiveUp)
    assert (set(house.states.values()), house.reasons) == ({"given-up"}, {"too-late"})


async def test_the_last_attempt_comes_within_a_minute_of_the_48_hours(house: House) -> None:
    house.peer.answers["MAIL"] = "451 later"
    house.at += timedelta(hours=47, minutes=50)
    outcome = await house.attempt(60)
    assert outcome.due_at <= house.consignment.queued_at + timedelta(hours=48, minutes=1)


async def test_what_the_patient_gave_up_meanwhile_is_not_tried_again(house: House) -> None:
    house.peer.answers["MAIL"] = "451 later"

    def give_up(consignment: Consignment) -> Consignment:
        fact = Heard(fact=Fact.GIVEN_UP, at=house.at)
        return consignment.hearing({one.id: fact for one in consignment.deliveries})

    outcome = await house.attempt(meanwhile=give_up)
    assert isinstance(outcome, GiveUp) and told(outcome) == []
    assert set(house.states.values()) == {"given-up"}


async def test_a_report_that_is_faster_than_our_own_commit_is_not_undone(house: House) -> None:
    def read(consignment: Consignment) -> Consignment:
        return consignment.hearing({consignment.deliveries[0].id: Heard(fact=Fact.READ, at=house.at)})

    outcome = await house.attempt(meanwhile=read)
    assert house.states == {"christelle": "read", "marie": "accepted"}
    assert told(outcome) == [("accepted", 2)]


async def test_a_file_that_is_gone_fails_with_a_reason(house: House) -> None:
    async def nothing(*_: Any) -> Any:
        raise NotFound("a file")

    house.road._contents.of = nothing  # type: ignore[method-assign]
    assert isinstance(await house.attempt(), GiveUp)
    assert house.reasons == {"damaged"}


async def test_stores_that_are_away_are_waited_for(house: House) -> None:
    async def away(*_: Any) -> Any:
        raise BackingServiceAway("objects")

    house.road._contents.of = away  # type: ignore[method-assign]
    with pytest.raises(BackingServiceAway):
        await house.attempt()


async def test_an_address_in_letters_the_server_cannot_be_given_fails_alone(house: House) -> None:
    house.peer.offers = ("SIZE 1000000",)
    zoe = Party(name="Zoé", address="zoé@chu.mssante.fr")
    (house.consignment,) = consigned(house.message, (CHRISTELLE, zoe), house.at)
    assert isinstance(await house.attempt(), Done)
    assert house.states == {"christelle": "accepted", "zoé": "failed"}
    house.peer.offers = ("SMTPUTF8", "DSN")
    (house.consignment,) = consigned(house.message, (zoe,), house.at)
    await house.road._peers.close()
    assert isinstance(await house.attempt(), Done)
    assert house.peer.taken[-1].mail.endswith("SMTPUTF8")
    assert house.peer.taken[-1].recipients[0].endswith("ORCPT=utf-8;zo+C3+A9@chu.mssante.fr")
