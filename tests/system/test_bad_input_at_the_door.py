"""Whatever is sent to the door, the answer is a correct SMTP reply, and the door stays open for others."""

from collections.abc import Iterator
from email.utils import make_msgid

import pytest

from demo.letters import Person
from demo.patient import with_key
from stack.control import Stack
from tests.system.mail import MailServer, letter
from tests.system.observer import Observer, Row
from tests.system.people import DOCTOR, NURSE, Newcomer, People
from tests.system.waiting import until
from tests.system.wire import Wire

pytestmark = pytest.mark.stack

LARGEST = 25_000_000
STRANGER = Person("Dr Nulle Part", "nulle.part@ailleurs.example")


@pytest.fixture(scope="module")
def patient(stack: Stack, people: People) -> Newcomer:
    """Whom these letters are for."""
    stack.wait_ready()
    return people.newcomer()


@pytest.fixture
def wire(stack: Stack, patient: Newcomer, observer: Observer) -> Iterator[Wire]:
    """A connection to the door, which serves others after whatever was said on it."""
    with Wire(stack.ports["door"]) as found:
        yield found
    sound = letter(NURSE, [patient], "Une lettre saine")
    MailServer(stack.ports["door"]).deliver(sound)
    until(lambda: _row(observer, patient, sound.message_id), what="a sound letter")


def _row(observer: Observer, patient: Newcomer, message_id: str) -> Row | None:
    return observer.database("messaging")["messages"].find_one(
        {"patient_id": patient.id, "message_id": message_id}
    )


def _count(observer: Observer, patient: Newcomer, message_id: str) -> int:
    rows = observer.database("messaging")["messages"]
    return rows.count_documents({"patient_id": patient.id, "message_id": message_id})


def _head(message_id: str, *more: str, sender: str = DOCTOR.address) -> bytes:
    fields = [f"From: {sender}", f"Message-ID: {message_id}", "Subject: Essai", *more]
    return "".join(f"{one}\r\n" for one in fields).encode() + b"\r\n"


def test_a_recipient_nobody_knows_is_refused_as_unknown(wire: Wire) -> None:
    wire.say(f"MAIL FROM:<{DOCTOR.address}>")
    unknown = with_key("1990199999999")

    answer = until(
        lambda: wire.say(f"RCPT TO:<{unknown}@patient.mssante.fr>"),
        lambda said: not said.startswith("451"),
        what="the door knows all patients",
    )

    assert answer.startswith("550 5.1.1")


@pytest.mark.parametrize("mailbox", ["{wrong}@patient.mssante.fr", "jean@patient.mssante.fr", "{ins}@ailleurs.fr"])
def test_what_is_no_patients_address_is_refused_as_such(wire: Wire, patient: Newcomer, mailbox: str) -> None:
    ins = patient.patient.ins
    wrong = ins[:13] + f"{(int(ins[13:]) + 1) % 100:02d}"
    wire.say(f"MAIL FROM:<{DOCTOR.address}>")

    assert wire.say(f"RCPT TO:<{mailbox.format(ins=ins, wrong=wrong)}>").startswith("550 5.1.3")


def test_a_letter_announced_too_large_is_refused_before_its_bytes(wire: Wire) -> None:
    assert wire.say(f"MAIL FROM:<{DOCTOR.address}> SIZE={LARGEST + 1}").startswith("552 5.3.4")
    assert wire.say(f"MAIL FROM:<{DOCTOR.address}> SIZE={LARGEST}").startswith("250")


def test_a_letter_that_turns_out_too_large_is_refused_and_appears_nowhere(
    wire: Wire, patient: Newcomer, observer: Observer
) -> None:
    message_id = make_msgid()
    wire.envelope(DOCTOR.address, [patient.mailbox])
    line = b"x" * 998 + b"\r\n"

    answer = wire.data(_head(message_id) + line * (LARGEST // len(line) + 1))

    assert answer.startswith("552 5.3.4")
    assert _count(observer, patient, message_id) == 0


def test_a_letter_of_exactly_the_largest_size_is_taken_whole(
    wire: Wire, patient: Newcomer, observer: Observer
) -> None:
    head = _head(message_id := make_msgid())
    content = head + (b"y" * 998 + b"\r\n") * ((LARGEST - len(head)) // 1000)
    content += b"z" * (LARGEST - len(content) - 2)
    wire.envelope(DOCTOR.address, [patient.mailbox])

    assert wire.data(content).startswith("250")

    row = until(lambda: _row(observer, patient, message_id), what="the largest letter")
    assert row is not None
    assert observer.object(row["raw_key"]) == content + b"\r\n"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xfe\x00\x01",
        b"",
        b"GET / HTTP/1.1",
        b"MAIL FROM:",
        b"MAIL FROM:<<>>@@",
        b"RCPT TO:<" + b"a" * 600 + b"@x>",
        b"DATA now",
        b"x" * 2_000,
    ],
)
def test_garbage_for_a_command_is_answered_by_an_error_and_the_conversation_goes_on(
    wire: Wire, garbage: bytes
) -> None:
    assert wire.say(garbage)[:1] == "5"
    assert wire.say("NOOP").startswith("250")


def test_who_sends_nothing_but_garbage_is_told_goodbye(wire: Wire) -> None:
    said = until(lambda: wire.say("BLAH"), lambda answer: "goodbye" in answer.lower(), what="goodbye", every=0)

    assert said[:1] in ("4", "5")
    assert wire.hear() == ""


def test_garbage_in_a_pipeline_spoils_neither_the_order_of_the_answers_nor_the_letter(
    wire: Wire, patient: Newcomer, observer: Observer
) -> None:
    message_id = make_msgid()
    wire.send(
        b"\x80\x81 what\r\n"
        + f"MAIL FROM:<{DOCTOR.address}>\r\nRCPT TO:<{patient.mailbox}>\r\nDATA\r\n".encode()
        + _head(message_id)
        + b"..un point\r\n.\r\nBLAH\r\nNOOP\r\n"
    )

    answers = [wire.hear()[:3] for _ in range(7)]

    assert answers == ["500", "250", "250", "354", "250", "500", "250"]
    row = until(lambda: _row(observer, patient, message_id), what="the letter")
    assert row is not None
    assert row["text"] == ".un point"


def test_a_letter_cut_in_the_middle_appears_nowhere(
    wire: Wire, patient: Newcomer, observer: Observer, stack: Stack
) -> None:
    message_id = make_msgid()
    stored = set(observer.keys("incoming/"))
    wire.envelope(DOCTOR.address, [patient.mailbox])
    assert wire.say("DATA").startswith("354")
    wire.send(_head(message_id) + b"Bonjour, voici le d" * 50_000)
    wire.cut()

    with Wire(stack.ports["door"]) as other:
        other.envelope(NURSE.address, [patient.mailbox])
        after = make_msgid()
        assert other.data(_head(after, sender=NURSE.address) + b"Suite").startswith("250")

    until(lambda: _row(observer, patient, after), what="the letter behind it")
    assert _count(observer, patient, message_id) == 0
    assert all(message_id.encode() not in observer.object(key) for key in set(observer.keys("incoming/")) - stored)


SENSELESS = {
    "a boundary that never comes": (
        "Content-Type: multipart/mixed; boundary=nulle-part",
        b"--autre\r\n\r\nhop",
    ),
    "a boundary that is missing": ("Content-Type: multipart/mixed", b"--a\r\nContent-Type: text/plain\r\n\r\nhop"),
    "base64 that is none": ("Content-Transfer-Encoding: base64", b"!!!! \xff\xfe ceci n'en est pas"),
    "an encoding nobody knows": ("Content-Type: text/plain; charset=x-martien-7", "été".encode()),
    "nesting without end": ("Content-Type: message/rfc822", b"Content-Type: message/rfc822\r\n\r\n" * 500),
    "NUL bytes": ("Content-Type: text/plain", b"avant\x00apr\x00\x00s"),
    "bare line ends": ("Content-Type: text/plain", b"un\ndeux\rtrois\n.\nquatre\r\n.\rcinq"),
    "a line without end": ("Content-Type: text/plain", b"l" * 300_000),
}


@pytest.mark.parametrize("what", SENSELESS)
def test_a_letter_that_makes_no_sense_is_shown_with_its_original_to_download(
    wire: Wire, patient: Newcomer, observer: Observer, what: str
) -> None:
    field, body = SENSELESS[what]
    content = _head(message_id := make_msgid(), "MIME-Version: 1.0", field) + body
    wire.envelope(DOCTOR.address, [patient.mailbox])

    assert wire.data(content).startswith("250")

    row = until(lambda: _row(observer, patient, message_id), what="the letter")
    assert row is not None
    assert observer.object(row["raw_key"]) == content + b"\r\n"
    page = patient.visitor.get(f"/messagerie/conversations/{row['conversation_id']}")
    assert page.status == 200
    assert page.says("Télécharger le message d'origine")
    assert patient.visitor.get(f"/messagerie/messages/{row['_id']}/lettre.eml").content == content + b"\r\n"


def test_two_letters_with_one_message_id_are_two_letters(
    wire: Wire, patient: Newcomer, observer: Observer
) -> None:
    message_id = make_msgid()
    for body in (b"Le premier", b"Le second"):
        wire.envelope(DOCTOR.address, [patient.mailbox])
        assert wire.data(_head(message_id) + body).startswith("250")

    until(lambda: _count(observer, patient, message_id), lambda count: count == 2, what="both letters")


@pytest.mark.parametrize(
    "block",
    [
        f"From: {STRANGER.address}\r\n",
        f"From: {DOCTOR.address}, {NURSE.address}\r\n",
        f"From: {DOCTOR.address}\r\nFrom: {NURSE.address}\r\n",
        f"From: {DOCTOR.address}\r\nfrom: {STRANGER.address}\r\n",
        "From: Dr Personne\r\n",
        f'From: "{DOCTOR.address}" <{STRANGER.address}>\r\n',
        "Subject: personne\r\n",
        "",
    ],
)
def test_who_is_not_one_listed_sender_is_refused(
    wire: Wire, patient: Newcomer, observer: Observer, block: str
) -> None:
    message_id = make_msgid()
    wire.envelope(DOCTOR.address, [patient.mailbox])

    assert wire.data(f"Message-ID: {message_id}\r\n{block}\r\nBonjour".encode()).startswith("550 5.7.1")
    assert _count(observer, patient, message_id) == 0
