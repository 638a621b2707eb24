"""How a queued notice leaves, and what becomes of one that can't."""

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from chassis.effects import Again, Done, GiveUp, Outcome
from chassis.errors import BackingServiceAway
from chassis.ids import new_id
from chassis.telemetry import new_trace
from contracts.base import Event
from contracts.notifier import NoticeFailed, NoticeSent
from notifier.domain.notices import GATHERED
from notifier.domain.returns import return_address
from notifier.domain.views import view_hash
from notifier.errors import AddressRefused, NoticeDelayed, NoticeRefused, NoticeUnanswered
from notifier.keys import KeyRing, SealingKey
from notifier.mail import Mail, address_of
from notifier.sending import Sending
from notifier.sms import CatcherSms, SmsProvider
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
    code_issued,
    deliver,
    events_over,
    message_received,
    patient_changed,
    sealed_and_signed,
)


class Desk:
    """The notifier without a bus or a store: events in, notices out."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.mailer = FakeMailer()
        self.sms: FakeSms = FakeSms()
        self.at = AT
        self.keys = KEYS

    async def queued(self, event: Event) -> dict[str, Any]:
        known = set(self.store.notices)
        assert await deliver(events_over(self.store, ours=self.keys), event, new_id())
        new = [self.store.notices[one] for one in set(self.store.notices) - known]
        (row,) = [one for one in new if one["kind"] not in GATHERED]
        return {**row, "attempts": 1}

    async def letter_for(self, received_at: datetime = AT, **fields: Any) -> dict[str, Any]:
        patient_id = new_id()
        await deliver(events_over(self.store), patient_changed(patient_id, **fields), new_id())
        return await self.queued(message_received(patient_id, received_at))

    async def perform(self, row: dict[str, Any], sms: SmsProvider | None = None) -> Outcome:
        sending = Sending(
            self.store.patient,
            self.keys,
            RENDERER,
            self.mailer,
            sms or self.sms,
            sender=address_of("Mon espace santé", f"ne-pas-repondre@{DOMAIN}"),
            unread=self.store.unread,
            clock=lambda: self.at,
            jitter=lambda: 0.5,
        )
        return await sending.perform(row)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def parsed(mail: Mail) -> EmailMessage:
    message = message_from_bytes(mail.as_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_letter_is_announced_by_an_e_mail_from_an_address_that_takes_no_answer(desk: Desk) -> None:
    row = await desk.letter_for()
    outcome = await desk.perform(row)
    message = parsed(desk.mailer.sent[0])
    assert message["From"] == f"Mon espace santé <ne-pas-repondre@{DOMAIN}>"
    assert message["To"] == "Inaya Michel <inaya@yahoo.example>"
    assert message["Subject"] == "Vous avez un nouveau message dans Mon espace santé"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == row["message_id"]
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert "Bonjour INAYA," in message.get_body().get_content()  # type: ignore[union-attr]
    assert isinstance(outcome, Done)
    ((sent, key),) = outcome.events
    assert isinstance(sent, NoticeSent)
    assert (sent.kind, sent.channel, key) == ("letter", "email", row["patient_id"])


async def test_bounces_come_back_to_an_address_of_this_notice(desk: Desk) -> None:
    row = await desk.letter_for()
    await desk.perform(row)
    assert desk.mailer.sent[0].envelope_sender == return_address(RETURN_KEY, row["_id"], DOMAIN)


async def test_the_same_notice_sent_twice_is_the_same_message(desk: Desk) -> None:
    row = await desk.letter_for()
    await desk.perform(row)
    await desk.perform(row)
    first, second = desk.mailer.sent
    assert (first.message_id, first.text) == (second.message_id, second.text)


async def test_the_trace_goes_with_the_e_mail(desk: Desk) -> None:
    await desk.perform(await desk.letter_for())
    with new_trace():
        assert parsed(desk.mailer.sent[0])["X-Pli-Trace"].startswith("00-")


async def test_every_line_of_an_e_mail_is_seven_bits_and_short(desk: Desk) -> None:
    await desk.perform(await desk.letter_for(given_name="Zoë-Éléonore", family_name="Ñuñez"))
    data = desk.mailer.sent[0].as_bytes()
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")


async def test_a_name_cannot_add_a_header(desk: Desk) -> None:
    await desk.perform(await desk.letter_for(given_name="Inaya\r\nBcc: x@y.example"))
    assert parsed(desk.mailer.sent[0])["Bcc"] is None


async def test_without_an_e_mail_address_a_letter_is_announced_by_sms(desk: Desk) -> None:
    outcome = await desk.perform(await desk.letter_for(email=None))
    assert desk.mailer.sent == []
    assert [sms.text for sms in desk.sms.sent] == ["Vous avez un nouveau message dans Mon espace santé."]
    assert outcome.fields["channel"] == "sms"


async def test_a_code_goes_by_e_mail_to_where_the_box_says(desk: Desk) -> None:
    row = await desk.queued(code_issued(destination="other@place.example"))
    outcome = await desk.perform(row)
    (mail,) = desk.mailer.sent
    assert mail.recipient.addr_spec == "other@place.example"
    assert mail.subject == "034567 est votre code d'accès"
    assert "jusqu'à 14 h 40" in mail.text
    assert outcome.fields["box"] is None
    ((sent, key),) = outcome.events
    assert isinstance(sent, NoticeSent)
    assert (sent.patient_id, key) == (None, row["_id"])


NEXT = b"\7" * 32


async def test_a_code_that_was_sealed_or_queued_before_the_key_is_changed_is_sent_after_it(desk: Desk) -> None:
    queued = await desk.queued(code_issued())
    desk.keys = KeyRing(NEXT, SECRET)
    sealed = await desk.queued(code_issued())
    new = await desk.queued(sealed_and_signed(KEYS.open_box(code_issued().box), to=desk.keys.current))
    for row in (queued, sealed, new):
        assert isinstance(await desk.perform(row), Done)
    assert [mail.subject for mail in desk.mailer.sent] == ["034567 est votre code d'accès"] * 3


async def test_a_process_that_has_the_next_key_beside_its_own_opens_what_another_told_of(desk: Desk) -> None:
    desk.keys = KeyRing(SECRET, NEXT)
    told = sealed_and_signed(KEYS.open_box(code_issued().box), to=SealingKey(NEXT))
    assert isinstance(await desk.perform(await desk.queued(told)), Done)


async def test_an_announcement_queued_before_the_key_is_changed_leads_to_its_view(desk: Desk) -> None:
    before = await desk.letter_for()
    desk.keys = KeyRing(NEXT, SECRET)
    after = await desk.letter_for()
    for row in (before, after):
        await desk.perform(row)
        text = desk.mailer.sent[-1].text
        token = next(word for word in text.split() if "/notifications/" in word).rpartition("/")[2]
        assert view_hash(token) == row["view_hash"]
    assert before["view_hash"] != after["view_hash"]


async def test_a_code_says_the_hour_of_the_patients_zone(desk: Desk) -> None:
    await desk.perform(await desk.queued(code_issued(time_zone="Indian/Reunion")))
    assert "jusqu'à 16 h 40" in desk.mailer.sent[0].text


async def test_a_code_is_written_in_the_language_it_was_asked_for_in(desk: Desk) -> None:
    await desk.perform(await desk.queued(code_issued(language="en")))
    (mail,) = desk.mailer.sent
    assert mail.subject == "034567 is your access code"
    assert "It is valid until 14:40." in mail.text
    assert "Do not give it to anybody" in mail.text


async def test_a_code_goes_by_sms_and_its_last_line_is_for_the_phone(desk: Desk) -> None:
    await desk.perform(await desk.queued(code_issued("sms")))
    (sms,) = desk.sms.sent
    assert sms.phone == "+33600000015"
    assert sms.text.endswith("\n@localhost #034567")


async def test_the_local_provider_puts_an_sms_into_the_catcher(desk: Desk) -> None:
    row = await desk.queued(code_issued("sms"))
    await desk.perform(row, CatcherSms(desk.mailer, "Mon espace santé"))
    message = parsed(desk.mailer.sent[0])
    assert message["To"] == "+33600000015@sms.invalid"
    assert message["Message-ID"] == row["message_id"]
    assert message.get_content().strip().endswith("@localhost #034567")


async def test_neither_a_code_nor_an_address_is_in_what_is_written_down(desk: Desk) -> None:
    outcomes = [await desk.perform(await desk.queued(code_issued(channel))) for channel in ("email", "sms")]
    written = repr((outcomes, desk.mailer.sent, desk.sms.sent))
    assert "034567" not in written
    assert "yahoo" not in written
    assert "600000015" not in written


@pytest.mark.parametrize(
    ("event", "later", "reason"),
    [("code", timedelta(minutes=10), "code-expired"), ("letter", timedelta(hours=48), "notice-too-old")],
)
async def test_what_comes_too_late_is_dropped_with_its_reason(
    desk: Desk, event: str, later: timedelta, reason: str
) -> None:
    row = await desk.queued(code_issued()) if event == "code" else await desk.letter_for()
    desk.at = AT + later
    outcome = await desk.perform(row)
    assert isinstance(outcome, GiveUp)
    assert outcome.fields["reason"] == reason
    ((failed, _),) = outcome.events
    assert isinstance(failed, NoticeFailed)
    assert failed.reason == reason
    assert desk.mailer.sent == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"email": None, "phone": None}, "no-contact"),
        ({"status": "closed"}, "patient-closed"),
        ({"email": "inaya@yahoo.example, other@x.example", "phone": None}, "address-unusable"),
        ({"email": "zoé@yahoo.example", "phone": None}, "address-unusable"),
    ],
)
async def test_who_cannot_be_reached_is_not_tried_for_ever(
    desk: Desk, fields: dict[str, Any], reason: str
) -> None:
    outcome = await desk.perform(await desk.letter_for(**fields))
    assert isinstance(outcome, GiveUp)
    assert outcome.fields["reason"] == reason


async def test_a_refusal_for_now_is_tried_again_a_little_later(desk: Desk) -> None:
    desk.mailer = FakeMailer([NoticeDelayed(451)])
    row = await desk.letter_for()
    outcome = await desk.perform(row)
    assert isinstance(outcome, Again)
    assert AT < outcome.due_at <= AT + timedelta(seconds=3)
    assert isinstance(await desk.perform(row), Done)


async def test_a_notice_that_may_have_been_taken_is_not_sent_again_every_few_seconds(desk: Desk) -> None:
    row = await desk.letter_for()
    pauses = []
    for attempts in (1, 5, 12):
        desk.mailer = FakeMailer([NoticeUnanswered()])
        outcome = await desk.perform({**row, "attempts": attempts})
        assert isinstance(outcome, Again)
        assert outcome.fields["reason"] == "notice-unanswered"
        pauses.append(outcome.due_at - AT)
    assert pauses == [timedelta(seconds=2), timedelta(seconds=32), timedelta(minutes=15)]


async def test_only_who_waits_for_a_code_gets_it_rather_twice_than_late(desk: Desk) -> None:
    for row in (await desk.queued(code_issued()), await desk.letter_for()):
        await desk.perform(row)
    assert [mail.urgent for mail in desk.mailer.sent] == [True, False]
    await desk.perform(await desk.queued(code_issued("sms")))
    assert [text.urgent for text in desk.sms.sent] == [True]


async def test_a_refusal_for_good_fails_at_once(desk: Desk) -> None:
    desk.mailer = FakeMailer([NoticeRefused(550)])
    outcome = await desk.perform(await desk.letter_for(phone=None))
    assert isinstance(outcome, GiveUp)
    assert outcome.fields["reason"] == "notice-refused"


async def test_an_e_mail_refused_for_good_becomes_an_sms_under_the_same_message_id(desk: Desk) -> None:
    desk.mailer = FakeMailer([NoticeRefused(550)])
    row = await desk.letter_for()
    outcome = await desk.perform(row)
    assert isinstance(outcome, Done)
    (text,) = desk.sms.sent
    assert text.message_id == row["message_id"]
    assert text.text == "Vous avez un nouveau message dans Mon espace santé."


def failures(outcome: Outcome) -> list[tuple[str, str]]:
    """What is told of channels that failed."""
    assert isinstance(outcome, Done | GiveUp)
    return [(event.channel, event.reason) for event, _ in outcome.events if isinstance(event, NoticeFailed)]


ADDRESS, LETTER = AddressRefused(550, "5.1.1"), NoticeRefused(550, "5.7.1")


@pytest.mark.parametrize(("error", "reason"), [(ADDRESS, "address-refused"), (LETTER, "notice-refused")])
@pytest.mark.parametrize("phone", ["+33600000015", None])
async def test_auth_learns_that_an_address_is_refused_whether_there_is_a_phone_or_not(
    desk: Desk, error: Exception, reason: str, phone: str | None
) -> None:
    desk.mailer = FakeMailer([error])
    outcome = await desk.perform(await desk.letter_for(phone=phone))
    assert isinstance(outcome, Done if phone else GiveUp)
    assert failures(outcome) == [("email", reason)]
    assert len(desk.sms.sent) == (1 if phone else 0)


def refusing_sms(error: Exception) -> SmsProvider:
    return CatcherSms(FakeMailer([error]), "Mon espace santé")


async def test_a_phone_that_is_refused_does_not_speak_against_the_e_mail_address(desk: Desk) -> None:
    desk.mailer = FakeMailer([LETTER])
    row = await desk.letter_for()
    both = await desk.perform(row, refusing_sms(ADDRESS))
    assert failures(both) == [("email", "notice-refused"), ("sms", "address-refused")]
    came_back = await desk.perform({**row, "by": "sms", "channel": "email"}, refusing_sms(ADDRESS))
    assert failures(came_back) == [("sms", "address-refused")]
    code = await desk.perform(await desk.queued(code_issued("sms")), refusing_sms(LETTER))
    assert failures(code) == [("sms", "notice-refused")]


async def test_a_relay_that_is_away_is_waited_for(desk: Desk) -> None:
    desk.mailer = FakeMailer([BackingServiceAway("mail relay")])
    with pytest.raises(BackingServiceAway):
        await desk.perform(await desk.letter_for())
