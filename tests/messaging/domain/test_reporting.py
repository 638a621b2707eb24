"""A report changes a state only when it names our message and that recipient, and comes from their domain."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from messaging.domain.consignment import Consignment, consigned
from messaging.domain.delivery import Fact, Heard
from messaging.domain.model import Message, MessageKind, Party
from messaging.domain.reporting import facts_in, named_messages
from messaging.domain.reports import Fate, Report, ReportKind, Told

AT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
CHRISTELLE = Party(name="Christelle", address="christelle@chu.mssante.fr")
MARIE = Party(name="Marie", address="marie@chu.mssante.fr")
REPLY_ID = "01990000-0000-7000-8000-000000000001"
REPLY = Message(
    id=REPLY_ID, patient_id="01990000-0000-7000-8000-0000000000aa", conversation_id="c", kind=MessageKind.REPLY,
    sender=Party(name="Inaya", address="1@patient.mssante.fr"), recipients=(CHRISTELLE, MARIE), at=AT,
    subject="", text="", message_id=f"<{REPLY_ID}@patient.mssante.fr>",
)  # fmt: skip
(SENT,) = consigned(REPLY, REPLY.recipients, AT)
BOUNCE = Report(
    kind=ReportKind.DELIVERY,
    told=(Told(addresses=(CHRISTELLE.address,), fate=Fate.FAILED, status="5.1.1"),),
    message_ids=(REPLY.message_id,),
    sender="mailer-daemon@chu.mssante.fr",
)


def state(report: Report, consignment: Consignment = SENT, trusted: str | None = None) -> list[str]:
    after = consignment.hearing(facts_in(report, [consignment], LATER, trusted))
    return [one.reply_state for one in after.deliveries]


def with_fate(fate: Fate, **changes: object) -> Report:
    told = (Told(addresses=(CHRISTELLE.address,), fate=fate),)
    return replace(BOUNCE, **{"told": told, **changes})


def test_a_failure_is_that_of_the_recipient_it_names_with_its_reason() -> None:
    after = SENT.hearing(facts_in(BOUNCE, [SENT], LATER))
    assert [(one.reply_state, one.reason) for one in after.deliveries] == [
        ("failed", "no-such-address"),
        ("queued", None),
    ]


def test_a_server_that_gave_up_on_a_temporary_answer_was_too_late() -> None:
    told = (Told(addresses=(CHRISTELLE.address,), fate=Fate.FAILED, status="4.4.1"),)
    after = SENT.hearing(facts_in(replace(BOUNCE, told=told), [SENT], LATER))
    assert [(one.reply_state, one.reason) for one in after.deliveries] == [
        ("failed", "too-late"),
        ("queued", None),
    ]


@pytest.mark.parametrize(
    ("fate", "expected"),
    [
        (Fate.DELIVERED, "delivered"),
        (Fate.EXPANDED, "delivered"),
        (Fate.DISPLAYED, "read"),
        (Fate.DELETED, "delivered"),
        (Fate.DELAYED, "queued"),
        (Fate.RELAYED, "queued"),
        (Fate.OTHER, "queued"),
    ],
)
def test_each_fate_has_its_state(fate: Fate, expected: str) -> None:
    assert state(with_fate(fate))[0] == expected


@pytest.mark.parametrize("sender", ["", "mailer-daemon@other.fr", "x@fakechu.mssante.fr", "a@mssante.fr"])
def test_who_does_not_speak_for_the_recipients_domain_is_not_believed(sender: str) -> None:
    assert state(replace(BOUNCE, sender=sender)) == ["queued", "queued"]


def test_a_host_of_the_domain_and_our_own_relay_are_believed() -> None:
    assert state(replace(BOUNCE, sender="mailer-daemon@mx1.chu.mssante.fr"))[0] == "failed"
    assert state(replace(BOUNCE, sender="mailer-daemon@relais.example"), trusted="relais.example")[0] == "failed"


def test_a_receipt_is_known_by_who_sent_it_when_it_names_an_alias() -> None:
    told = (Told(addresses=("c.thomas@chu.mssante.fr",), fate=Fate.DISPLAYED),)
    receipt = replace(BOUNCE, kind=ReportKind.DISPOSITION, told=told, sender=CHRISTELLE.address)
    assert state(receipt) == ["read", "queued"]
    assert state(replace(receipt, sender="someone@chu.mssante.fr")) == ["queued", "queued"]


def test_only_our_own_message_ids_name_our_messages() -> None:
    ids = ("<x@chu.mssante.fr>", REPLY.message_id, f"<{REPLY_ID}@elsewhere.fr>", "<>", "junk")
    assert named_messages(replace(BOUNCE, message_ids=ids), "Patient.mssante.fr") == (REPLY_ID,)
    assert named_messages(replace(BOUNCE, message_ids=(), envelope_id=SENT.envelope_id), "p.fr") == (REPLY_ID,)
    assert named_messages(replace(BOUNCE, message_ids=()), "patient.mssante.fr") == ()


def test_a_late_failure_of_the_first_round_does_not_fail_the_second() -> None:
    again = {SENT.deliveries[0].id: Heard(fact=Fact.RETRIED, at=AT + timedelta(minutes=1))}
    second = SENT.hearing(again)
    late = replace(BOUNCE, envelope_id=SENT.envelope_id)
    assert state(late, second)[0] == "queued"
    assert state(replace(BOUNCE, envelope_id=second.envelope_id), second)[0] == "failed"
    assert state(BOUNCE, second)[0] == "failed"


def test_a_failure_is_shown_with_the_time_at_which_it_was_first_told() -> None:
    told = replace(BOUNCE, envelope_id=SENT.envelope_id)
    once = SENT.hearing(facts_in(told, [SENT], LATER))
    assert once.deliveries[0].changed_at == LATER
    assert once.hearing(facts_in(told, [once], LATER + timedelta(hours=1))) == once


@pytest.mark.parametrize("junk", ["", "x", f"{REPLY_ID}.", f"{REPLY_ID}.²", f"{REPLY_ID}.{'9' * 20}", "a.1"])
def test_an_envelope_id_that_is_junk_is_ignored(junk: str) -> None:
    assert state(replace(BOUNCE, envelope_id=junk))[0] == "failed"
