"""How patients are told beyond a letter's own e-mail: once a day, never, in a week, by SMS, of what failed."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from chassis.effects import Done, GiveUp, Outcome
from chassis.ids import new_id
from contracts.base import Event
from contracts.messaging import MessageRead, NoticeReturned, ReplyStateChanged
from contracts.notifier import NoticeFailed
from notifier.domain.hours import next_evening
from notifier.domain.notices import Kind
from notifier.domain.returns import return_address
from notifier.errors import NoticeUnanswered, NoticeUnderWay
from notifier.keys import KeyRing
from notifier.mail import address_of
from notifier.sending import Sending
from tests.notifier.fakes import (
    AT,
    DOMAIN,
    KEYS,
    RENDERER,
    RETURN_KEY,
    SECRET,
    FakeMailer,
    FakeSms,
    FakeStore,
    FakeTx,
    deliver,
    events_over,
    message_received,
    patient_changed,
)

EVENING = datetime(2026, 6, 9, 16, 0, tzinfo=UTC)
"""18 h in Paris, on the day of `AT`."""


class Office:
    """The notifier with a clock that is moved: what is due is sent."""

    def __init__(self) -> None:
        self.store, self.mailer, self.sms = FakeStore(), FakeMailer(), FakeSms()
        self.at = AT
        self.keys = KEYS
        self.patient = new_id()
        self.tx = FakeTx()

    async def tell(self, *events: Event) -> None:
        """These events, as the bus gives them."""
        handlings = events_over(self.store, clock=lambda: self.at, ours=self.keys)
        for event in events:
            assert await deliver(handlings, event, new_id(), self.tx)

    async def known(self, **fields: Any) -> None:
        """The patient, as auth tells of them."""
        await self.tell(patient_changed(self.patient, **fields))

    async def letters(self, count: int = 1) -> list[str]:
        """The ids of letters that come now."""
        events = [message_received(self.patient, self.at) for _ in range(count)]
        await self.tell(*events)
        return [event.message_id for event in events]

    async def read(self, message_id: str) -> None:
        """The patient opens a letter."""
        await self.tell(
            MessageRead(patient_id=self.patient, conversation_id=new_id(), message_id=message_id, read_at=self.at)
        )

    async def work(self) -> list[Outcome]:
        """Everything that is due now is performed."""
        sending = Sending(
            self.store.patient,
            self.keys,
            RENDERER,
            self.mailer,
            self.sms,
            sender=address_of("Mon espace santé", f"ne-pas-repondre@{DOMAIN}"),
            unread=self.store.unread,
            clock=lambda: self.at,
        )
        due = [row for row in self.store.notices.values() if row["state"] == "queued" and row["due_at"] <= self.at]
        outcomes = [await sending.perform({**row, "attempts": 1}) for row in due]
        for row, outcome in zip(due, outcomes, strict=True):
            assert isinstance(outcome, Done | GiveUp)
            row |= {**outcome.fields, "state": outcome.state}
        return outcomes

    @property
    def subjects(self) -> list[str]:
        """Of the e-mails that were sent."""
        return [mail.subject for mail in self.mailer.sent]


@pytest.fixture
def office() -> Office:
    return Office()


async def test_who_wants_one_e_mail_a_day_gets_one_in_the_evening_and_none_before(office: Office) -> None:
    await office.known(notices="digest")
    first, *_ = await office.letters(3)
    assert await office.work() == []
    await office.read(first)
    office.at = EVENING
    await office.work()
    assert office.subjects == ["Vous avez 2 nouveaux messages dans Mon espace santé"]
    (mail,) = office.mailer.sent
    assert "2 nouveaux messages de vos professionnels de santé" in " ".join(mail.text.split())
    office.at += timedelta(hours=1)
    await office.letters()
    office.at = EVENING + timedelta(days=1)
    await office.work()
    assert office.subjects[1:] == ["Vous avez un nouveau message dans Mon espace santé"]


async def test_a_digest_whose_letters_were_all_read_is_not_sent(office: Office) -> None:
    await office.known(notices="digest")
    for letter in await office.letters(2):
        await office.read(letter)
    office.at = EVENING
    (outcome,) = await office.work()
    assert isinstance(outcome, Done) and outcome.state == "needless"
    assert office.mailer.sent == []


async def test_who_wants_none_is_told_of_no_letter_but_of_what_could_not_be_delivered(office: Office) -> None:
    await office.known(notices="none")
    await office.letters(2)
    await office.tell(reply(office, "failed", "refused"))
    office.at += timedelta(seconds=1)
    await office.work()
    office.at += timedelta(days=9)
    await office.work()
    assert office.subjects == ["Un de vos messages n'a pas pu être remis"]


async def test_a_letter_unread_for_a_week_is_reminded_of_once(office: Office) -> None:
    await office.known()
    await office.letters(2)
    await office.work()
    office.at = EVENING + timedelta(days=7) - timedelta(minutes=1)
    assert await office.work() == []
    office.at = EVENING + timedelta(days=7)
    await office.work()
    office.at += timedelta(days=20)
    await office.work()
    assert office.subjects[2:] == ["Un message vous attend dans Mon espace santé"]
    assert len({mail.message_id for mail in office.mailer.sent}) == 3


async def test_a_letter_that_was_read_is_not_reminded_of(office: Office) -> None:
    await office.known()
    (letter,) = await office.letters()
    await office.work()
    await office.read(letter)
    office.at = EVENING + timedelta(days=7)
    await office.work()
    assert len(office.mailer.sent) == 1


async def test_without_an_e_mail_the_same_is_told_by_sms(office: Office) -> None:
    await office.known(email=None, notices="digest")
    await office.letters(3)
    office.at = EVENING
    await office.work()
    assert [sms.text for sms in office.sms.sent] == ["Vous avez 3 nouveaux messages dans Mon espace santé."]


def proof_of(notice_id: str, key: bytes = RETURN_KEY) -> str:
    """What stands in the notice's return address, as mail servers see it."""
    return return_address(key, notice_id, DOMAIN).partition("@")[0].partition(".")[2]


def returned(notice_id: str, status: str | None, proof: str | None = "right") -> NoticeReturned:
    proof = proof_of(notice_id) if proof == "right" else proof
    return NoticeReturned(notice_id=notice_id, proof=proof, status=status, returned_at=AT)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("5.1.1", "address-refused"),
        ("5.2.2", "address-refused"),
        ("5.7.1", "notice-returned"),
        (None, "notice-returned"),
    ],
)
async def test_a_notice_that_bounces_goes_by_sms_once_and_auth_is_told(
    office: Office, status: str | None, reason: str
) -> None:
    await office.known()
    (letter,) = await office.letters()
    await office.work()
    office.at += timedelta(days=3)
    for _ in range(2):
        await office.tell(returned(letter, status))
    await office.work()
    assert [sms.message_id for sms in office.sms.sent] == [office.mailer.sent[0].message_id]
    (failed,) = office.tx.published
    assert isinstance(failed, NoticeFailed)
    assert (failed.patient_id, failed.channel, failed.reason) == (office.patient, "email", reason)


async def test_a_report_that_is_under_way_while_the_key_is_changed_is_heard(office: Office) -> None:
    await office.known()
    (letter,) = await office.letters()
    await office.work()
    office.keys = KeyRing(b"\7" * 32, SECRET)
    await office.tell(returned(letter, "5.1.1"))
    assert len(office.tx.published) == 1


async def test_a_bounce_of_a_notice_nobody_knows_says_nothing(office: Office) -> None:
    await office.tell(returned(new_id(), "5.1.1"))
    assert office.tx.published == []


def heard(outcome: str) -> float:
    """How many reports had this outcome."""
    return REGISTRY.get_sample_value("pli_notice_returns_total", {"outcome": outcome}) or 0.0


@pytest.mark.parametrize("forged", [None, "0" * 16, "another's", "another key's"])
async def test_a_report_that_came_to_no_address_of_ours_is_counted_and_nothing_else(
    office: Office, forged: str | None
) -> None:
    await office.known()
    letter, other = await office.letters(2)
    await office.work()
    before, rows = heard("unproven"), {name: {**row} for name, row in office.store.notices.items()}
    known = {"another's": proof_of(other), "another key's": proof_of(letter, bytes(32))}
    await office.tell(returned(letter, "5.1.1", known.get(forged or "", forged)))
    assert (office.store.notices, office.tx.published) == (rows, [])
    assert heard("unproven") == before + 1


@pytest.mark.parametrize("fields", [{"notices": "none"}, {"notices": "digest"}, {"email": None}])
async def test_a_notice_that_left_otherwise_or_not_at_all_cannot_come_back(
    office: Office, fields: dict[str, Any]
) -> None:
    await office.known(**fields)
    (letter,) = await office.letters()
    await office.work()
    texts, before = len(office.sms.sent), heard("not-mailed")
    await office.tell(returned(letter, "5.1.1"))
    await office.work()
    assert (len(office.sms.sent), office.tx.published) == (texts, [])
    assert heard("not-mailed") == before + 1


async def test_a_digest_without_letters_to_tell_cannot_come_back(office: Office) -> None:
    await office.known(notices="digest")
    (letter,) = await office.letters()
    await office.read(letter)
    office.at = EVENING
    await office.work()
    (digest,) = [row["_id"] for row in office.store.notices.values() if row["state"] == "needless"]
    await office.tell(returned(digest, "5.1.1"))
    assert office.tx.published == []


async def test_a_notice_that_comes_back_before_its_sending_is_committed_is_heard_in_a_moment(
    office: Office,
) -> None:
    await office.known()
    (letter,) = await office.letters()
    office.store.notices[letter]["state"] = "sending"
    with pytest.raises(NoticeUnderWay):
        await office.tell(returned(letter, "5.1.1"))


async def test_a_notice_that_comes_back_while_it_waits_for_another_try_goes_by_sms(office: Office) -> None:
    await office.known()
    (letter,) = await office.letters()
    office.store.notices[letter] |= {"attempts": 1, "reason": NoticeUnanswered.code}
    await office.tell(returned(letter, "5.1.1"))
    await office.work()
    assert (len(office.sms.sent), office.mailer.sent) == (1, [])
    assert [type(event) for event in office.tx.published] == [NoticeFailed]


def reply(office: Office, state: Any, reason: str | None) -> ReplyStateChanged:
    return ReplyStateChanged(
        patient_id=office.patient,
        conversation_id=new_id(),
        message_id="01975a3c-1f60-7a10-9c4e-2b7d5e8f0a31",
        delivery_id=new_id(),
        revision=3,
        state=state,
        reason=reason,
        changed_at=office.at,
    )


async def test_a_reply_that_failed_for_two_recipients_is_told_once(office: Office) -> None:
    await office.known()
    await office.tell(reply(office, "failed", "refused"), reply(office, "given-up", "too-late"))
    await office.work()
    assert office.subjects == ["Un de vos messages n'a pas pu être remis"]
    assert "refused" not in office.mailer.sent[0].text


@pytest.mark.parametrize(
    ("state", "reason"), [("accepted", None), ("delivered", None), ("read", None), ("given-up", "given-up")]
)
async def test_what_went_well_or_was_given_up_by_the_patient_is_not_told(
    office: Office, state: str, reason: str | None
) -> None:
    await office.known()
    await office.tell(reply(office, state, reason))
    assert office.store.notices == {}


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(["each", "digest", "none"]))
async def test_letters_and_their_reading_in_any_order_leave_the_same(dice: random.Random, choice: str) -> None:
    office = Office()
    await office.known(notices=choice)
    letters = [message_received(office.patient) for _ in range(4)]
    reads = [
        MessageRead(patient_id=office.patient, conversation_id=new_id(), message_id=one.message_id, read_at=AT)
        for one in letters[:2]
    ]
    events: list[Event] = [*letters, *reads, *letters, *reads]
    dice.shuffle(events)
    await office.tell(*events)
    rows = [row for row in office.store.notices.values() if row["kind"] == Kind.LETTER]
    assert {row["_id"]: row["read_at"] for row in rows} == {
        one.message_id: AT if one in letters[:2] else None for one in letters
    }
    gathered = [row for row in office.store.notices.values() if row["kind"] in (Kind.DIGEST, Kind.REMINDER)]
    assert len(gathered) == {"each": 1, "digest": 2, "none": 0}[choice]
    assert [await office.store.unread(row["_id"]) for row in gathered] == [2] * len(gathered)


@pytest.mark.parametrize(
    ("after", "zone", "evening"),
    [
        ("2026-06-09T12:30", "Europe/Paris", "2026-06-09T16:00"),
        ("2026-06-09T16:00", "Europe/Paris", "2026-06-10T16:00"),
        ("2026-06-09T14:30", "Indian/Reunion", "2026-06-10T14:00"),
        ("2026-10-24T17:00", "Europe/Paris", "2026-10-25T17:00"),
    ],
)
def test_the_evening_is_the_patients_also_when_clocks_change(after: str, zone: str, evening: str) -> None:
    found = next_evening(datetime.fromisoformat(after).replace(tzinfo=UTC), zone)
    assert found == datetime.fromisoformat(evening).replace(tzinfo=UTC)
