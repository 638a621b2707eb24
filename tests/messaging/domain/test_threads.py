"""A conversation is the sum of its messages, in whatever order they are added."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from messaging.domain.model import Message, MessageKind, Party
from messaging.domain.threads import answered, begin, combine, links_of

AT = datetime(2026, 11, 23, tzinfo=UTC)
PATIENT = new_id()
IDS = [new_id() for _ in range(6)]


def letter(number: int, minute: int, **fields: object) -> Message:
    message_id = IDS[number]
    plain = {
        "id": message_id,
        "patient_id": PATIENT,
        "conversation_id": message_id,
        "kind": MessageKind.LETTER,
        "sender": Party(name=f"P{number % 2}", address=f"p{number % 2}@chu.mssante.fr"),
        "recipients": (),
        "at": AT + timedelta(minutes=minute),
        "subject": f"Objet {number}",
        "text": "",
        "message_id": "",
    }
    return Message(**{**plain, **fields})  # type: ignore[arg-type]


@given(st.permutations(range(6)), st.lists(st.integers(0, 4), min_size=6, max_size=6))
def test_the_sum_of_letters_does_not_depend_on_their_order(order: list[int], minutes: list[int]) -> None:
    rows = [begin(letter(number, minutes[number])) for number in range(6)]
    expected = combine(rows)
    assert combine(rows[number] for number in order) == expected
    assert (
        combine([combine(rows[number] for number in order[:3]), combine(rows[number] for number in order[3:])])
        == expected
    )


def test_the_oldest_letter_gives_id_and_subject_the_latest_the_name_shown() -> None:
    row = combine([begin(letter(1, 20)), begin(letter(0, 10))])
    assert (row.id, row.subject, row.sender_name, row.messages, row.unread) == (IDS[0], "Objet 0", "P1", 2, 2)
    assert row.last_received_at == AT + timedelta(minutes=20)


def test_answering_moves_the_row_up_but_not_the_last_letter_received() -> None:
    row = begin(letter(0, 10))
    reply = letter(1, 30, kind=MessageKind.REPLY)
    after = answered(row, reply)
    assert after.answered_since and after.last_activity_at == reply.at
    assert (after.last_received_at, after.messages, after.unread) == (row.last_received_at, 2, 1)


def test_a_letter_is_tied_by_its_own_message_id_and_by_those_it_refers_to() -> None:
    assert links_of("<a@b>", ("<c@d>", "<a@b>", "<e@f>")) == ("<a@b>", "<c@d>", "<e@f>")
    assert links_of("", ()) == ()
