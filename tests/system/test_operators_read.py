"""What operators may read of letters, by command: those to postmaster, an untouched one, a list of misdirected."""

import smtplib
import sys
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from stack.control import Stack
from tests.system.mail import MailServer, letter
from tests.system.observer import Observer
from tests.system.people import DOCTOR, People
from tests.system.waiting import until

pytestmark = pytest.mark.stack

AUDIT = ("messaging.audit",)
ACCESS = ("--by", "Anne Petit", "--reason", "demande 2026-113")


def messaging(stack: Stack, *arguments: str) -> int:
    """An operator's command, with the worker's settings and rights; its exit code."""
    return stack.as_process("messaging-worker", [sys.executable, "-m", "messaging", *arguments])


def test_a_letter_to_two_patients_is_disclosed_as_it_came_and_that_is_audited(
    stack: Stack, observer: Observer, people: People, tmp_path: Path
) -> None:
    one, other = people.newcomer(logged_in=False), people.newcomer(logged_in=False)
    sent = letter(DOCTOR, [one, other], "À vous deux")
    MailServer(stack.ports["door"]).deliver(sent)
    messages = observer.database("messaging")["messages"]
    mine = {"message_id": sent.message_id, "patient_id": one.id}
    row = until(lambda: messages.find_one(mine), lambda found: found is not None, what="the letter")
    before = observer.ends(AUDIT)

    file = tmp_path / "letter.eml"
    assert messaging(stack, "--evidence", "nobody-s", "--to", str(file), *ACCESS) == 1
    assert messaging(stack, "--evidence", row["_id"], "--to", str(file)) == 2, "without who and why"
    assert list(tmp_path.iterdir()) == []
    assert messaging(stack, "--evidence", row["_id"], "--to", str(file), *ACCESS) == 0
    assert other.mailbox.encode() in file.read_bytes()
    assert file.read_bytes() == observer.object(row["raw_key"])
    assert messaging(stack, "--evidence", row["_id"], "--to", str(file), *ACCESS) == 1, "written over"

    def recorded() -> list[tuple[str, ...]]:
        events = [msgspec.json.decode(record.value or b"{}") for record in observer.records(AUDIT, before)]
        return [
            (event["actor"], event["reason"], event["patient_id"], event["object_id"])
            for event in events
            if event.get("action") == "evidence-disclosed"
        ]

    access = ("operator:Anne Petit", "demande 2026-113", one.id, row["_id"])
    until(recorded, lambda found: access in found, what="the access in the audit")


def test_what_was_written_to_postmaster_is_fetched_once(stack: Stack, tmp_path: Path) -> None:
    token = uuid4().hex
    words = f"Subject: Une question\r\n\r\nVos notices m'arrivent deux fois. {token}\r\n"
    with smtplib.SMTP("127.0.0.1", stack.ports["door"], timeout=30) as client:
        client.sendmail(DOCTOR.address, ["postmaster@patient.mssante.fr"], f"From: {DOCTOR.address}\r\n{words}")
    assert messaging(stack, "--house-letters", str(tmp_path), *ACCESS) == 0
    fetched = [path for path in tmp_path.glob("*.eml") if token.encode() in path.read_bytes()]
    assert len(fetched) == 1
    fetched[0].write_bytes(b"lu")
    assert messaging(stack, "--house-letters", str(tmp_path), *ACCESS) == 0
    assert fetched[0].read_bytes() == b"lu"


def test_a_letter_that_a_patient_set_aside_waits_for_an_operator_until_it_is_settled(
    stack: Stack, observer: Observer, people: People, capfd: pytest.CaptureFixture[str]
) -> None:
    patient = people.newcomer()
    sent = letter(DOCTOR, [patient], "Pour un autre")
    MailServer(stack.ports["door"]).deliver(sent)
    messages = observer.database("messaging")["messages"]
    mine = {"message_id": sent.message_id, "patient_id": patient.id}
    row = until(lambda: messages.find_one(mine), lambda found: found is not None, what="the letter")
    page = patient.visitor.get(f"/messagerie/messages/{row['_id']}/ecarter")
    assert page.press("Masquer le message").says("Message masqué")
    before = observer.ends(AUDIT)

    assert messaging(stack, "--misdirected", *ACCESS) == 0
    listed = [line.split("\t")[1:] for line in capfd.readouterr().out.splitlines()]
    assert [row["_id"], patient.id, "cabinet.mssante.fr", "yes"] in listed
    assert messaging(stack, "--settle", row["_id"], *ACCESS) == 0
    assert observer.database("messaging")["misdirected"].find_one({"_id": row["_id"]}) is None

    def recorded() -> set[str]:
        events = [msgspec.json.decode(record.value or b"{}") for record in observer.records(AUDIT, before)]
        return {event["action"] for event in events if event.get("object_id") == row["_id"]}

    both = {"misdirected-letter-listed", "misdirected-letter-settled"}
    until(recorded, lambda found: both <= found, what="both in the audit")
