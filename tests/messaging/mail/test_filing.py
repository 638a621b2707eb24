"""What the worker makes of events: the same state in whatever order they come, however often."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from chassis.bus import Origin, Ready
from chassis.clock import now
from chassis.errors import NotFound, NotYet
from chassis.ids import new_id
from contracts.auth import PatientChanged
from contracts.documents import DocumentAdded, KeepRefused
from contracts.messaging import ExchangeEnded, LetterTaken, MailboxOpened, MessageReceived
from messaging.domain.addresses import Domains
from messaging.domain.letter import Filed, Letter, Mailer, Service
from messaging.domain.model import Draft, Keep, KeepState
from messaging.domain.ties import MOST_SPANS, tied_conversations, tyings_of
from messaging.domain.tray import Found, Tray
from messaging.events import Keeps, Patients
from messaging.filing import Filing, Prepared
from tests.messaging.fake_objects import FakeObjects
from tests.messaging.fakes import FakeStore

AT = now()
SERVICE = Service("Mon espace santé", Domains(frozenset({"chu.mssante.fr"}), "patient.mssante.fr"))
PATIENT_ID = new_id()
PEOPLE = ("christelle@chu.mssante.fr", "marie@chu.mssante.fr")
CHANGED = PatientChanged(
    patient_id=PATIENT_ID,
    revision=1,
    status="active",
    given_name="Inaya",
    family_name="Michel",
    ins="288056938312340",
    mailbox_address="288056938312340@patient.mssante.fr",
    email=None,
    phone=None,
    changed_at=AT,
)
INTAKES = [new_id() for _ in range(8)]
ORIGIN = Origin(topic="documents.events", partition=0, offset=0, key="", event_id=new_id(), at=AT)


class MailStore(FakeStore):
    """The fake store with what filing asks of it besides."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, datetime] = {}
        self.looked_at: list[int] = []
        """How many conversations each tray was made of."""
        self.kept["ties"] = {}

    async def save_patient(self, tx: Any, patient: Any) -> None:
        self.put("patients", patient)

    async def open_mailbox(self, tx: Any, mailbox: Any) -> None:
        self.put("mailboxes", mailbox)

    def _move(self, name: str, patient_id: str, from_ids: Any, to_id: str) -> None:
        for one in self._all(name, patient_id):
            if one.conversation_id in from_ids:
                self.put(name, replace(one, conversation_id=to_id))

    async def tray(self, tx: Any, marks: Any, correspondents: Any, messages: Any) -> Tray:
        ties = self._known("ties", {each.id for one in messages for each in tyings_of(one)})
        named = tied_conversations(messages, ties)
        homes = {key: one.conversation_id for key, one in self._known("messages", named).items()}
        found = Found(
            seen={mark: at for mark, at in self.seen.items() if mark in marks},
            correspondents=self._known("correspondents", correspondents),
            ties=ties,
            homes=homes,
            conversations=self._known("conversations", homes.values()),
        )
        self.looked_at.append(len(homes) + len(found.conversations))
        return Tray(found)

    def _known(self, name: str, ids: Any) -> dict[str, Any]:
        return {key: one for key, one in self.kept[name].items() if key in set(ids)}

    async def filed_among(self, tx: Any, ids: Any) -> Any:
        return self._known("messages", ids)

    async def put_away(self, tx: Any, tray: Tray) -> None:
        for gone, into in tray.moves().items():
            for name in ("messages", "drafts", "consignments"):
                self._move(name, PATIENT_ID, [gone], into)
            del self.kept["conversations"][gone]
        self.seen |= {mark: seen.taken_at for mark, seen in tray.seen.items()}
        for name in ("correspondents", "messages", "conversations", "ties"):
            self.put(name, *getattr(tray, name).values())
        for patient_id, gained in tray.counts().items():
            await self.count(tx, patient_id, **asdict(gained))


def taken(number: int, minute: int, content: str | None = None) -> LetterTaken:
    return LetterTaken(
        intake_id=INTAKES[number],
        patient_id=PATIENT_ID,
        recipient=CHANGED.mailbox_address,
        envelope_sender="relais@chu.mssante.fr",
        object_key="incoming/x",
        size=10,
        sha256="0" * 64,
        content_sha256=content or f"{number:064d}",
        peer="127.0.0.1",
        taken_at=AT + timedelta(minutes=minute),
    )


def letter(sender: str, subject: str, number: int, refers_to: tuple[int, ...] = (), **more: Any) -> Letter:
    return Letter(
        sender=Mailer("", sender),
        subject=subject,
        message_id=f"<{number}@x>",
        references=tuple(f"<{other}@x>" for other in refers_to),
        text="Bonjour",
        **more,
    )


async def house() -> tuple[MailStore, Filing]:
    store = MailStore()
    await store.transact(lambda tx: Patients(store, SERVICE.name).changed(tx, CHANGED, None))
    return store, Filing(store, None, SERVICE)  # type: ignore[arg-type]


async def file(store: MailStore, filing: Filing, event: LetterTaken, read: Letter) -> None:
    await together(store, filing, [(event, read)])


async def together(store: MailStore, filing: Filing, letters: Sequence[tuple[LetterTaken, Letter]]) -> None:
    ready = [await prepared(store, *one) for one in letters]
    await store.transact(lambda tx: filing.file(tx, ready))


async def prepared(store: MailStore, event: LetterTaken, read: Letter) -> Ready:
    filed = Filed(
        message_id=event.intake_id, at=event.taken_at, envelope_sender=event.envelope_sender, size=event.size,
        raw_key="raw",
    )  # fmt: skip
    return Ready(event=event, prepared=Prepared(await store.patient(PATIENT_ID), read, filed))


def state(store: MailStore) -> dict[str, Any]:
    """All that is kept, but for how often the mailbox was touched; ties say the same in several ways."""
    kept = {name: dict(sorted(things.items())) for name, things in store.kept.items() if name != "ties"}
    kept["mailboxes"] = {key: replace(box, revision=1) for key, box in kept["mailboxes"].items()}
    return kept


async def test_the_first_state_of_a_patient_opens_the_mailbox_with_the_welcome_message() -> None:
    store, _ = await house()
    (row,) = (await store.mailbox_page(PATIENT_ID)).rows
    (message,) = (await store.messages(PATIENT_ID, row.id)).messages
    assert message.subject == row.subject == "Bienvenue dans votre messagerie Mon espace santé"
    assert message.text.startswith(
        "Bienvenue dans votre messagerie Mon espace santé,\n\nRetrouvez dans cette messagerie"
    )
    assert (await store.mailbox(PATIENT_ID)).unread == 1
    assert [type(event) for event in store.published] == [MailboxOpened]


@given(st.permutations([1, 2, 3]), st.lists(st.sampled_from([1, 2, 3]), max_size=3))
async def test_the_highest_revision_of_a_patient_stays_whatever_the_order(
    order: list[int], again: list[int]
) -> None:
    store = MailStore()
    patients = Patients(store, SERVICE.name)
    for revision in (*order, *again):
        event = replace(CHANGED, revision=revision, given_name=f"Inaya {revision}")
        await store.transact(lambda tx, event=event: patients.changed(tx, event, None))
    assert (await store.patient(PATIENT_ID)).given_name == "Inaya 3"
    assert len(store.kept["messages"]) == 1 and len(store.published) == 1


async def test_a_letter_becomes_an_unread_message_and_is_told() -> None:
    store, filing = await house()
    await file(store, filing, taken(0, 5), letter(PEOPLE[0], "Re: Préparation", 0))
    row = (await store.mailbox_page(PATIENT_ID)).rows[0]
    assert (row.subject, row.unread, row.sender_name) == ("Préparation", 1, "Christelle")
    box = await store.mailbox(PATIENT_ID)
    assert (box.unread, box.conversations, box.letters) == (2, 2, 1)
    told = store.published[-1]
    assert isinstance(told, MessageReceived) and told.conversation_id == row.id


async def test_what_is_stored_of_a_letter_is_not_held_until_it_is_filed() -> None:
    store, _ = await house()
    objects, event = FakeObjects(), taken(0, 5)
    html = b"--b\r\nContent-Type: text/html\r\n\r\n<p>Bonjour</p>\r\n"
    file = b"--b\r\nContent-Type: text/csv; name=a.csv\r\n\r\n1;2\r\n--b--\r\n"
    head = f"From: {PEOPLE[0]}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".encode()
    objects.kept[event.object_key] = head + html + file
    found = await Filing(store, objects, SERVICE).prepare(event, ORIGIN)
    assert isinstance(found, Prepared)
    assert (found.letter.text, found.letter.html, found.letter.parts) == ("Bonjour", None, ())
    (attachment,) = found.filed.attachments
    assert objects.kept[attachment.object_key] == b"1;2"
    assert found.filed.html_key and b"Bonjour" in objects.kept[found.filed.html_key]


async def test_the_same_letter_again_within_thirty_days_is_no_second_message() -> None:
    store, filing = await house()
    for number, minute in ((0, 0), (1, 5), (2, 60 * 24 * 40)):
        await file(store, filing, taken(number, minute, "a" * 64), letter(PEOPLE[0], "x", 0))
    assert (await store.mailbox(PATIENT_ID)).letters == 2


async def test_another_letter_with_the_same_message_id_is_shown() -> None:
    store, filing = await house()
    await file(store, filing, taken(0, 0), letter(PEOPLE[0], "x", 0))
    await file(store, filing, taken(1, 1), letter(PEOPLE[0], "y", 0))
    assert (await store.mailbox(PATIENT_ID)).letters == 2


async def test_an_end_mark_is_no_message_and_is_told() -> None:
    store, filing = await house()
    await file(store, filing, taken(0, 0), letter(PEOPLE[0], "x", 0))
    await file(store, filing, taken(1, 1), letter(PEOPLE[0], "[FIN]", 1))
    assert (await store.mailbox(PATIENT_ID)).letters == 1
    (record,) = await store.correspondents(PATIENT_ID, [PEOPLE[0]])
    assert record.ended and isinstance(store.published[-1], ExchangeEnded)


async def test_an_end_mark_older_than_the_last_letter_is_not_told() -> None:
    store, filing = await house()
    await file(store, filing, taken(0, 5), letter(PEOPLE[0], "x", 0))
    await file(store, filing, taken(1, 1), letter(PEOPLE[0], "[FIN]", 1))
    (record,) = await store.correspondents(PATIENT_ID, [PEOPLE[0]])
    assert not record.ended
    assert isinstance(store.published[-1], MessageReceived)


async def test_a_message_with_the_end_header_is_shown_and_ends_the_exchange() -> None:
    store, filing = await house()
    await file(store, filing, taken(0, 5), letter(PEOPLE[0], "Au revoir", 0, end_header=True))
    assert (await store.mailbox(PATIENT_ID)).letters == 1
    (record,) = await store.correspondents(PATIENT_ID, [PEOPLE[0]])
    assert record.ended


async def test_an_automatic_answer_is_shown_and_opens_no_ended_exchange_again() -> None:
    store, filing = await house()
    await file(store, filing, taken(0, 0), letter(PEOPLE[0], "x", 0))
    await file(store, filing, taken(1, 1), letter(PEOPLE[0], "[FIN]", 1))
    await file(store, filing, taken(2, 2), letter(PEOPLE[0], "Absence", 2, auto_reply=True))
    assert (await store.mailbox(PATIENT_ID)).letters == 2
    (record,) = await store.correspondents(PATIENT_ID, [PEOPLE[0]])
    assert record.ended


async def test_a_letter_that_ties_two_conversations_merges_them_with_both_their_drafts() -> None:
    store, filing = await house()
    await file(store, filing, taken(1, 5), letter(PEOPLE[0], "a", 1))
    await file(store, filing, taken(0, 1), letter(PEOPLE[1], "b", 0))
    for number in (0, 1):
        draft = Draft(
            id=new_id(), patient_id=PATIENT_ID, conversation_id=INTAKES[number], created_at=AT, updated_at=AT
        )
        await store.transact(lambda tx, draft=draft: store.add_draft(tx, draft))
    await file(store, filing, taken(2, 9), letter(PEOPLE[0], "c", 2, refers_to=(0, 1)))
    row = await store.conversation(PATIENT_ID, INTAKES[0])
    assert (row.subject, row.messages, len(row.drafts)) == ("b", 3, 2)
    assert await store.conversation_of(PATIENT_ID, INTAKES[1]) == INTAKES[0]
    with pytest.raises(NotFound):
        await store.conversation(PATIENT_ID, INTAKES[1])
    assert (await store.mailbox(PATIENT_ID)).conversations == 2


async def test_letters_without_references_are_tied_by_sender_and_subject_others_are_not() -> None:
    store, filing = await house()
    await file(store, filing, taken(0, 0), letter(PEOPLE[0], "Résultats", 0))
    await file(store, filing, taken(1, 1), letter(PEOPLE[0], "RE: résultats", 1))
    await file(store, filing, taken(2, 2), letter(PEOPLE[1], "Résultats", 2))
    await file(store, filing, taken(3, 3), letter(PEOPLE[0], "Résultats", 3, refers_to=(99,)))
    assert sorted(row.messages for row in (await store.mailbox_page(PATIENT_ID)).rows) == [1, 1, 1, 2]


_letters = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(PEOPLE),
        st.sampled_from(["a", "Re: a", "b", "", "[FIN]"]),
        st.lists(st.integers(0, 7), max_size=2),
        st.booleans(),
        st.booleans(),
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_letters, st.randoms(use_true_random=False))
async def test_letters_in_any_order_and_number_give_the_same_mailbox(letters: Any, chance: random.Random) -> None:
    events = [
        (taken(n, minute), letter(sender, subject, n, tuple(refers), end_header=ends, auto_reply=auto))
        for n, (minute, sender, subject, refers, ends, auto) in enumerate(letters)
    ]
    states = []
    for at_once in (1, 3, 7):
        store, filing = await house()
        shuffled = [*events, events[0]]
        chance.shuffle(shuffled)
        for start in range(0, len(shuffled), at_once):
            await together(store, filing, shuffled[start : start + at_once])
        states.append(state(store))
    assert states[0] == states[1] == states[2]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_letters, st.randoms(use_true_random=False))
async def test_letters_one_by_one_or_in_batches_give_the_same_also_where_ties_forget(
    letters: Any, chance: random.Random
) -> None:
    chance.shuffle(letters)
    states = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("messaging.domain.ties.MOST_SPANS", 2)
        for at_once in (1, 3, 7):
            store, filing = await house()
            read = [
                (taken(n, minute), letter(sender, subject, n, tuple(refers), end_header=ends, auto_reply=auto))
                for n, (minute, sender, subject, refers, ends, auto) in enumerate(letters)
            ]
            for start in range(0, len(read), at_once):
                await together(store, filing, read[start : start + at_once])
            states.append(state(store))
    assert states[0] == states[1] == states[2]


async def test_letters_that_each_refer_to_what_is_not_here_do_not_make_the_next_one_dearer() -> None:
    store, filing = await house()
    for n in range(MOST_SPANS + 20):
        read = replace(letter(PEOPLE[0], "Résultats", 1000 + n), references=(f"<{n}@elsewhere>",))
        await file(store, filing, replace(taken(0, n, f"{n:064d}"), intake_id=new_id()), read)
    assert max(store.looked_at) == 0
    assert max(len(tie.spans) for tie in store.kept["ties"].values()) == MOST_SPANS
    await file(store, filing, taken(1, 10_000, "f" * 64), letter(PEOPLE[0], "Résultats", 1))
    assert max(row.messages for row in store.kept["conversations"].values()) == MOST_SPANS + 1


async def test_conversations_that_became_one_or_are_gone_stand_in_a_tie_no_more() -> None:
    store, filing = await house()

    def tied() -> set[str]:
        by_subject = tyings_of(store.kept["messages"][INTAKES[1]])[-1]
        return set(store.kept["ties"][by_subject.id].spans)

    for n in (1, 2, 3):
        await file(store, filing, taken(n, n), letter(PEOPLE[0], "Résultats", n, refers_to=(20 + n,)))
    assert tied() == {INTAKES[1], INTAKES[2], INTAKES[3]}
    del store.kept["conversations"][INTAKES[2]]
    del store.kept["messages"][INTAKES[2]]
    await file(store, filing, taken(4, 4), letter(PEOPLE[0], "Résultats", 4))
    assert tied() == {INTAKES[1]}


async def test_a_letter_for_a_patient_not_known_yet_waits() -> None:
    with pytest.raises(NotYet):
        await Filing(MailStore(), None, SERVICE).prepare(taken(0, 0), ORIGIN)  # type: ignore[arg-type]


@given(st.permutations(["added", "refused", "added"]))
async def test_what_became_of_a_kept_attachment_does_not_depend_on_order(order: list[str]) -> None:
    store = MailStore()
    keep = Keep(
        id=new_id(), patient_id=PATIENT_ID, message_id=new_id(), attachment_id=new_id(), title="x", requested_at=AT
    )
    store.put("keeps", keep)
    keeps, document_id = Keeps(store), new_id()
    added = DocumentAdded(patient_id=PATIENT_ID, document_id=document_id, request_id=keep.id, added_at=AT)
    refused = KeepRefused(patient_id=PATIENT_ID, request_id=keep.id, reason="format", refused_at=AT)
    for what in order:
        if what == "added":
            await store.transact(lambda tx: keeps.added(tx, added, None))
        else:
            await store.transact(lambda tx: keeps.refused(tx, refused, None))
    kept = await store.keep(PATIENT_ID, keep.id)
    assert (kept.state, kept.document_id, kept.reason) == (KeepState.ADDED, document_id, None)
