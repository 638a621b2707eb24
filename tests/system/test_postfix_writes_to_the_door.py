"""Debian's Postfix hands letters to the door over TLS, as a mail operator does: each outcome as it sees it."""

import smtplib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from demo.letters import Person
from demo.patient import with_key
from stack.control import Stack
from tests.certificates import Authority
from tests.children import free_port
from tests.system.beside import another_door, more_workers
from tests.system.mail import Letter, letter
from tests.system.observer import Observer, Row
from tests.system.people import NURSE, Newcomer, People
from tests.system.postfix import Postfix
from tests.system.waiting import until

pytestmark = pytest.mark.stack

INTAKE = ("messaging.intake",)
OPERATOR = "smtp.hopital.mssante.fr"
SIGNATURE = b"PLI-TEST-SIGNATURE-CECI-N-EST-PAS-UN-VIRUS"


@dataclass(frozen=True)
class Peer:
    """A listed operator's Postfix, and the patient it writes to."""

    postfix: Postfix
    patient: Newcomer
    observer: Observer

    def hand_over(self, sender: str, recipients: list[str], content: bytes, *options: str) -> None:
        """Give Postfix a letter to deliver."""
        with smtplib.SMTP("127.0.0.1", self.postfix.port, timeout=30.0) as client:
            client.sendmail(sender, recipients, content, rcpt_options=options)

    def row(self, sent: Letter) -> Row:
        """The message that a letter became."""
        rows = self.observer.database("messaging")["messages"]
        query = {"patient_id": self.patient.id, "message_id": sent.message_id}
        found = until(lambda: rows.find_one(query), what="the letter in its mailbox")
        assert found is not None
        return found

    def report_on(self, sent: Letter) -> EmailMessage | None:
        """The report on a letter, with its header, that Postfix keeps for who sent it."""
        for kept in self.postfix.kept():
            parts = list(kept.iter_parts()) if kept.get_content_type() == "multipart/report" else []
            if parts and sent.message_id in parts[-1].get_content():
                return kept
        return None

    def bounced(self, words: str) -> str:
        """The report that its sender got, with these words."""

        def look() -> str | None:
            kept = [one for one in self.postfix.kept() if "MAILER-DAEMON" in one["From"]]
            reports = (" ".join(str(one).split()) for one in kept)
            return next((report for report in reports if words in report), None)

        found = until(look, what=f"a report that says {words}", within=60.0)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    """Whom both trust; Postfix's daemons must be able to read its folder."""
    with tempfile.TemporaryDirectory(prefix="pli-authority-") as folder:
        Path(folder).chmod(0o755)
        yield Authority(Path(folder))


@pytest.fixture(scope="module")
def peer(stack: Stack, people: People, observer: Observer, authority: Authority) -> Iterator[Peer]:
    """A door with TLS, and Postfix with a listed certificate."""
    stack.wait_ready()
    own = authority.issue("door.example", "door")
    door = another_door(
        stack,
        PLI_DOOR_LOOPBACK_WITHOUT_TLS="false",
        PLI_DOOR_PORT=str(free_port()),
        PLI_DOOR_CERTIFICATE=str(own.certificate),
        PLI_DOOR_KEY=str(own.key),
        PLI_DOOR_CLIENT_CA=str(authority.file),
    )
    with door as port:
        postfix = Postfix(
            keeps=("hopital.mssante.fr",),
            routes={"patient.mssante.fr": f"[127.0.0.1]:{port}"},
            presents=authority.issue(OPERATOR, "operator"),
            authority=authority.file,
            settings={"smtp_tls_security_level": "verify", "smtp_tls_verify_cert_match": "door.example"},
        )
        with postfix:
            yield Peer(postfix, people.newcomer(logged_in=False), observer)


def test_a_letter_over_verified_tls_is_in_its_mailbox_byte_for_byte(peer: Peer) -> None:
    sent = letter(NURSE, [peer.patient], "Par un vrai serveur", file=b"\0\xff" * 100_000)

    peer.hand_over(NURSE.address, [peer.patient.mailbox], sent.content)

    row = peer.row(sent)
    kept = peer.observer.object(row["raw_key"])
    assert kept[kept.index(b"From:") :] == sent.content
    assert kept.startswith(b"Received:")
    assert "status=sent (250 2.0.0 Taken" in peer.postfix.says(f"to=<{peer.patient.mailbox}>")
    assert "TLSv1.3" in peer.postfix.says("Verified TLS connection established to 127.0.0.1")


def test_of_two_recipients_each_has_its_own_fate(peer: Peer) -> None:
    nobody = f"{with_key('1990199999998')}@patient.mssante.fr"
    sent = letter(NURSE, [peer.patient], "Un connu, un inconnu")

    peer.hand_over(NURSE.address, [peer.patient.mailbox, nobody], sent.content)

    assert peer.row(sent)["subject"] == "Un connu, un inconnu"
    report = peer.bounced(nobody)
    assert "Status: 5.1.1" in report
    assert report.count("Final-Recipient:") == 1


def test_a_sender_who_wants_a_success_report_hears_that_the_letter_was_relayed(peer: Peer) -> None:
    sent = letter(NURSE, [peer.patient], "Avec accusé")

    peer.hand_over(NURSE.address, [peer.patient.mailbox], sent.content, "NOTIFY=SUCCESS,FAILURE,DELAY")

    assert peer.row(sent)
    assert "2.0.0" in peer.bounced("Action: relayed")


def test_a_letter_too_large_is_not_even_sent(peer: Peer) -> None:
    large = letter(NURSE, [peer.patient], "Trop lourd", file=b"x" * 19_000_000)
    assert len(large.content) > 25_000_000

    peer.hand_over(NURSE.address, [peer.patient.mailbox], large.content)

    assert "5.3.4" in peer.bounced("message size")


def test_a_letter_with_a_virus_comes_back_and_is_stored_nowhere(peer: Peer) -> None:
    before = set(peer.observer.keys("incoming/"))
    infected = letter(NURSE, [peer.patient], "Une pièce douteuse", file=b"..." + SIGNATURE + b"...")
    assert SIGNATURE not in infected.content

    peer.hand_over(NURSE.address, [peer.patient.mailbox], infected.content)

    assert "Pli.Test.Signature" in peer.bounced("554 5.7.1")
    stored = {key: peer.observer.object(key) for key in set(peer.observer.keys("incoming/")) - before}
    assert not any(infected.message_id.encode() in content for content in stored.values())


def test_an_operator_cannot_hand_over_letters_of_anothers_users(peer: Peer) -> None:
    stranger = Person("Labo", "resultats@labo.mssante.fr")
    forged = letter(stranger, [peer.patient], "Usurpé")

    peer.hand_over(NURSE.address, [peer.patient.mailbox], forged.content)

    assert "From must be one address of a domain that is yours" in peer.bounced("550 5.7.1")


@contextmanager
def closed(peer: Peer) -> Iterator[None]:
    """Inside, the patient's mailbox is closed to who files letters."""
    patients = peer.observer.database("messaging")["patients"]
    patients.update_one({"_id": peer.patient.id}, {"$set": {"status": "closed"}})
    try:
        yield
    finally:
        patients.update_one({"_id": peer.patient.id}, {"$set": {"status": "active"}})


def test_a_letter_for_a_mailbox_that_closed_after_its_250_comes_back_as_a_report(peer: Peer, stack: Stack) -> None:
    sent = letter(NURSE, [peer.patient], "Trop tard de peu")
    before = peer.observer.ends(INTAKE)
    stack.stop("messaging-worker")
    try:
        peer.hand_over(NURSE.address, [peer.patient.mailbox], sent.content)
        until(lambda: peer.observer.records(INTAKE, before), what="the letter taken at the door")
        with closed(peer), more_workers(stack, PLI_ROAD_SMTP_PORT=str(peer.postfix.port)):
            report = until(lambda: peer.report_on(sent), what="the report in its sender's mailbox")
    finally:
        stack.start("messaging-worker")
        stack.wait_ready("messaging-worker")

    assert report is not None
    assert report["Return-Path"] == "<>" and report["Delivered-To"] == NURSE.address
    assert report["Auto-Submitted"] == "auto-replied"
    assert report["Content-Type"].params["report-type"] == "delivery-status"
    words, fields, _ = report.iter_parts()
    assert "cette messagerie est fermée" in words.get_content()
    _, about = fields.get_payload()
    assert (about["Action"], about["Status"]) == ("failed", "5.2.1")
    assert about["Final-Recipient"] == f"rfc822; {peer.patient.mailbox}"
    rows = peer.observer.database("messaging")["messages"]
    assert rows.find_one({"patient_id": peer.patient.id, "message_id": sent.message_id}) is None


def test_while_the_scanner_is_away_letters_wait_and_then_arrive(peer: Peer, stack: Stack) -> None:
    sent = letter(NURSE, [peer.patient], "Patience")
    stack.stop("scanner")
    try:
        peer.hand_over(NURSE.address, [peer.patient.mailbox], sent.content)
        peer.postfix.says("status=deferred (host 127.0.0.1[127.0.0.1] said: 451 4.3.0")
    finally:
        stack.start("scanner")
    assert peer.row(sent)
