"""Who may be answered, what must be mended before sending, and the reply that leaves."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from chassis.ids import new_id
from messaging.domain.addresses import Domains
from messaging.domain.errors import (
    AttachmentsTooLarge,
    FilesNotReady,
    FilesRefused,
    NobodyChosen,
    NothingToSend,
    ReplyBlocked,
    TextTooLong,
)
from messaging.domain.limits import REPLY_ATTACHMENT_BYTES, check_total
from messaging.domain.model import (
    Correspondent,
    Draft,
    DraftRow,
    Message,
    MessageKind,
    Party,
    Patient,
    RowSource,
    RowState,
)
from messaging.domain.replying import Blocked, ReplyOptions, check_sendable, reply_from, reply_options
from messaging.domain.threads import begin, combine
from messaging.domain.welcome import welcome_message

AT = datetime(2026, 11, 23, tzinfo=UTC)
DOMAINS = Domains(frozenset({"chu.mssante.fr"}), "patient.mssante.fr")
PATIENT = Patient(
    id=new_id(),
    revision=1,
    status="active",
    given_name="Inaya",
    family_name="Michel",
    ins="288056938312340",
    mailbox_address="288056938312340@patient.mssante.fr",
)
CHRISTELLE = Party(name="Christelle Thomas", address="christelle@chu.mssante.fr")
MARIE = Party(name="Marie Chanteau", address="marie@chu.mssante.fr")


def letter(sender: Party = CHRISTELLE, copied: tuple[Party, ...] = (), minute: int = 0) -> Message:
    message_id = new_id()
    return Message(
        id=message_id,
        patient_id=PATIENT.id,
        conversation_id=message_id,
        kind=MessageKind.LETTER,
        sender=sender,
        recipients=(PATIENT.party, *copied),
        at=AT + timedelta(minutes=minute),
        subject="Préparation",
        text="Bonjour",
        message_id=f"<{message_id}@chu.mssante.fr>",
        references=("<premier@chu.mssante.fr>",),
    )


def record(party: Party, *, ended: bool = False, reply_to: str | None = None) -> Correspondent:
    return Correspondent(
        id=new_id(),
        patient_id=PATIENT.id,
        address=party.address,
        name=party.name,
        name_at=AT,
        reply_to=reply_to,
        last_letter_at=AT,
        last_end_at=AT + timedelta(hours=1) if ended else None,
    )


def options(messages: list[Message], *records: Correspondent) -> ReplyOptions:
    return reply_options(combine(map(begin, messages)), records, DOMAINS)


def test_the_sender_is_answered_and_the_copied_one_can_be_ticked() -> None:
    found = options([letter(copied=(MARIE,))], record(CHRISTELLE))
    assert found.sender == CHRISTELLE
    assert found.everyone == (CHRISTELLE, MARIE) and found.has_others


def test_the_service_is_never_answered() -> None:
    welcome = welcome_message(PATIENT, "Mon espace santé", AT)
    assert options([welcome]).blocked is Blocked.SERVICE_MESSAGE


def test_a_professional_who_ended_cannot_be_answered_and_is_named_with_the_date() -> None:
    found = options([letter()], record(CHRISTELLE, ended=True))
    assert (found.blocked, found.ended_by) == (Blocked.EXCHANGE_ENDED, "Christelle Thomas")
    assert found.ended_at == AT + timedelta(hours=1)


def test_when_the_one_who_copied_ends_the_copied_one_falls_too() -> None:
    assert options([letter(copied=(MARIE,))], record(CHRISTELLE, ended=True)).everyone == ()


def test_when_one_of_two_writers_ends_the_other_is_answered() -> None:
    messages = [letter(CHRISTELLE, (MARIE,), minute=2), letter(MARIE, (CHRISTELLE,), minute=1)]
    found = options(messages, record(CHRISTELLE, ended=True), record(MARIE))
    assert found.sender == MARIE and found.everyone == (MARIE,)


def test_the_copied_one_who_ended_cannot_be_ticked() -> None:
    assert options([letter(copied=(MARIE,))], record(CHRISTELLE), record(MARIE, ended=True)).everyone == (
        CHRISTELLE,
    )


def test_the_copied_one_who_ended_without_ever_having_written_cannot_be_ticked() -> None:
    only_ended = replace(record(MARIE, ended=True), last_letter_at=None)
    assert options([letter(copied=(MARIE,))], record(CHRISTELLE), only_ended).everyone == (CHRISTELLE,)


def test_answers_go_where_the_latest_reply_to_says() -> None:
    found = options([letter()], record(CHRISTELLE, reply_to="secretariat@chu.mssante.fr"))
    assert found.sender == Party(name="Christelle Thomas", address="secretariat@chu.mssante.fr")


@pytest.mark.parametrize("address", ["x@gmail.com", "175027511500443@patient.mssante.fr", PATIENT.mailbox_address])
def test_neither_other_patients_nor_addresses_of_the_internet_can_be_ticked(address: str) -> None:
    found = options([letter(copied=(Party(name="X", address=address),))], record(CHRISTELLE))
    assert found.everyone == (CHRISTELLE,)


def test_a_professional_whose_operator_is_no_longer_listed_is_gone() -> None:
    gone = Party(name="X", address="x@ancien.fr")
    assert options([letter(gone)], record(gone)).blocked is Blocked.PROFESSIONAL_GONE


def test_a_recipient_who_is_not_offered_is_refused() -> None:
    found = options([letter()], record(CHRISTELLE))
    with pytest.raises(ReplyBlocked):
        found.chosen([CHRISTELLE.address, MARIE.address])


def row(size: int = 10, state: RowState = RowState.READY) -> DraftRow:
    return DraftRow(
        id=new_id(),
        patient_id=PATIENT.id,
        draft_id=new_id(),
        source=RowSource.UPLOAD,
        state=state,
        filename="été.pdf",
        media_type="application/pdf",
        size=size,
        requested_at=AT,
        sha256="0" * 64,
        object_key="drafts/x",
    )


def draft(text: str = "Bonjour", recipients: tuple[str, ...] = (CHRISTELLE.address,)) -> Draft:
    return Draft(
        id=new_id(),
        patient_id=PATIENT.id,
        conversation_id=new_id(),
        text=text,
        recipients=recipients,
        created_at=AT,
        updated_at=AT,
    )


def test_ten_megabytes_may_leave_and_not_a_byte_more() -> None:
    check_total([row(REPLY_ATTACHMENT_BYTES - 1)], adding=1)
    check_total([row(REPLY_ATTACHMENT_BYTES), row(5, RowState.REFUSED)])
    with pytest.raises(AttachmentsTooLarge):
        check_total([row(REPLY_ATTACHMENT_BYTES), row(1, RowState.PENDING)])


@pytest.mark.parametrize(
    ("text", "rows", "error"),
    [
        ("", [], NothingToSend),
        (" \n", [], NothingToSend),
        ("x" * 20_001, [], TextTooLong),
        ("x", [row(state=RowState.PENDING)], FilesNotReady),
        ("x", [row(state=RowState.REFUSED)], FilesRefused),
        ("x", [row(6_000_000), row(6_000_000)], AttachmentsTooLarge),
    ],
)
def test_what_must_be_mended_before_sending_is_said(
    text: str, rows: list[DraftRow], error: type[Exception]
) -> None:
    with pytest.raises(error):
        check_sendable(draft(text), rows)


def test_a_document_without_text_may_be_sent() -> None:
    check_sendable(draft(""), [row()])


def reply_of(messages: list[Message], written: Draft, rows: list[DraftRow] | None = None) -> object:
    found = options(messages, record(CHRISTELLE))
    opened = (begin(messages[-1]), messages[0])
    return reply_from(PATIENT, opened, written, rows or [], found, reply_id=new_id(), at=AT)


def test_a_reply_needs_a_recipient() -> None:
    with pytest.raises(NobodyChosen):
        reply_of([letter()], draft(recipients=()))


def test_a_reply_refers_to_the_latest_letter_and_to_what_that_one_refers_to() -> None:
    newest = letter(minute=5)
    reply = reply_of([newest, letter()], draft(), [row()])
    message = reply.message  # type: ignore[attr-defined]
    assert message.references == ("<premier@chu.mssante.fr>", newest.message_id)
    assert message.message_id == f"<{message.id}@patient.mssante.fr>"
    assert [file.filename for file in message.files] == ["été.pdf"]


def test_each_recipient_of_a_reply_has_a_delivery_made_only_once() -> None:
    messages = [letter(copied=(MARIE,))]
    written = draft(recipients=(CHRISTELLE.address, MARIE.address))
    found = options(messages, record(CHRISTELLE))
    made = [
        reply_from(
            PATIENT, (begin(messages[0]), messages[0]), written, [], found, reply_id=PATIENT.id, at=AT
        ).consignments
        for _ in range(2)
    ]
    (consignment,) = made[0]
    assert [delivery.recipient for delivery in consignment.deliveries] == [CHRISTELLE, MARIE]
    assert made[0] == made[1]
    assert {delivery.reply_state for delivery in consignment.deliveries} == {"queued"}
