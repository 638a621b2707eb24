"""Who may be answered, told from what is kept beside a conversation: the same as from all its letters."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from messaging.domain.addresses import Domains
from messaging.domain.model import Correspondent, Message, MessageKind, Party
from messaging.domain.replying import Blocked, reply_options
from messaging.domain.threads import begin, combine
from messaging.domain.voices import MOST_COPIED, combined, copied_by, voices_of

AT = datetime(2026, 6, 9, tzinfo=UTC)
PATIENT_ID = new_id()
DOMAINS = Domains(frozenset({"chu.mssante.fr"}), "patient.mssante.fr")
ADDRESSES = [f"p{number}@chu.mssante.fr" for number in range(4)]
IDS = [new_id() for _ in range(12)]

people = st.builds(
    Party, name=st.sampled_from(["Docteur A", "Docteur B"]), address=st.sampled_from([*ADDRESSES, "x@gmail.com"])
)


def letter(number: int, sender: Party, copied: Sequence[Party], minute: int) -> Message:
    return Message(
        id=IDS[number],
        patient_id=PATIENT_ID,
        conversation_id=IDS[number],
        kind=MessageKind.LETTER,
        sender=sender,
        recipients=tuple(copied),
        at=AT + timedelta(minutes=minute),
        subject="Préparation",
        text="Bonjour",
        message_id=f"<{number}@chu.mssante.fr>",
    )


def record(address: str, ended: bool, wrote: bool) -> Correspondent:
    return Correspondent(
        id=new_id(),
        patient_id=PATIENT_ID,
        address=address,
        name=f"Nom de {address}",
        name_at=AT,
        last_letter_at=AT if wrote else None,
        last_end_at=AT + timedelta(hours=1) if ended else None,
    )


letters = st.lists(
    st.tuples(people, st.lists(people, max_size=3, unique_by=lambda one: one.address), st.integers(0, 3)),
    min_size=1,
    max_size=len(IDS),
).map(lambda rows: [letter(number, *row) for number, row in enumerate(rows)])
records = st.lists(
    st.builds(record, st.sampled_from(ADDRESSES), st.booleans(), st.booleans()), unique_by=lambda one: one.address
)


def by_reading_every_letter(messages: Sequence[Message], known: Sequence[Correspondent]) -> tuple[str, ...]:
    """Journeys §4, "Who may be answered", word by word, over all letters, newest first."""
    records = {one.address: one for one in known}
    newest_first = sorted(messages, key=lambda one: (one.at, one.id), reverse=True)
    open_letters = [
        one for one in newest_first if one.sender.address not in records or not records[one.sender.address].ended
    ]
    copied = [party for one in open_letters for party in one.recipients]
    everyone = [one.sender for one in open_letters]
    if not any(DOMAINS.may_be_answered(party.address) for party in everyone):
        return ()
    everyone += [party for party in copied if party.address not in records or not records[party.address].ended]
    return tuple(dict.fromkeys(party.address for party in everyone if DOMAINS.may_be_answered(party.address)))


@given(letters, records, st.randoms(use_true_random=False))
def test_voices_tell_what_all_letters_would(messages, known, shuffled):
    arrived = list(messages)
    shuffled.shuffle(arrived)
    conversation = combine(map(begin, [*arrived, *arrived[:2]]))
    found = reply_options(conversation, known, DOMAINS)
    assert tuple(party.address for party in found.everyone) == by_reading_every_letter(messages, known)
    assert (found.blocked is None) == bool(found.everyone)


@given(letters, st.randoms(use_true_random=False))
def test_voices_are_the_same_in_any_order_and_however_often(messages, shuffled):
    voices = [voices_of(message) for message in messages]
    again = [*voices, *voices[::2]]
    shuffled.shuffle(again)
    half = len(again) // 2
    assert combined(*voices) == combined(combined(*again[:half]), combined(*again[half:]))


def test_a_copied_one_is_named_as_in_the_latest_letter():
    sender, address = Party(name="A", address=ADDRESSES[0]), ADDRESSES[1]
    older = letter(0, sender, [Party(name="Interne", address=address)], 1)
    newer = letter(1, sender, [Party(name="Docteur Martin", address=address)], 2)
    voices = combined(voices_of(newer), voices_of(older))
    assert [copied.party.name for copied in copied_by(voices)] == ["Docteur Martin"]


def test_what_a_flood_of_copies_leaves_is_bounded_to_the_latest():
    sender = Party(name="A", address=ADDRESSES[0])
    flood = [
        letter(
            number, sender, [Party(name="x", address=f"{number}-{n}@chu.mssante.fr") for n in range(100)], number
        )
        for number in range(len(IDS))
    ]
    (voice,) = combined(*map(voices_of, flood))
    assert len(voice.copied) == MOST_COPIED
    assert {copied.at for copied in voice.copied} == {one.at for one in flood[-5:]}


def test_a_conversation_without_letters_answers_nobody():
    reply = Message(
        id=IDS[0],
        patient_id=PATIENT_ID,
        conversation_id=IDS[0],
        kind=MessageKind.REPLY,
        sender=Party(name="Inaya", address="1@patient.mssante.fr"),
        recipients=(),
        at=AT,
        subject="",
        text="",
        message_id="",
    )
    assert reply_options(begin(reply), [], DOMAINS).blocked is Blocked.PROFESSIONAL_GONE
