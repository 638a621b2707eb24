"""A letter for a mailbox that was closed meanwhile goes back: its sender's server hears why, once, from nobody."""

from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from chassis.effects import Done, GiveUp
from chassis.ids import new_id
from contracts.messaging import LetterTaken
from messaging.domain.consignment import Consignment, returned
from messaging.letters.reports import read_report
from tests.messaging.mail.peer import Peer, listening
from tests.messaging.mail.road_house import CHRISTELLE, PATIENT, House

RAW = b"From: Christelle <christelle@chu.mssante.fr>\r\nSubject: =?utf-8?q?R=C3=A9sultats?=\r\n\r\nBonjour.\r\n"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A road with one letter on its way back."""
    async with listening(Peer(tmp_path / "peer")) as peer:
        opened = House(peer)
        opened.bucket.kept["incoming/x"] = RAW
        opened.consignment = back(opened)
        yield opened
        await opened.road.stop()


def back(opened: House) -> Consignment:
    taken = LetterTaken(
        intake_id=new_id(),
        patient_id=PATIENT.id,
        recipient=PATIENT.mailbox_address,
        envelope_sender=CHRISTELLE.address,
        object_key="incoming/x",
        size=len(RAW),
        sha256="0" * 64,
        content_sha256="0" * 64,
        peer="127.0.0.1",
        taken_at=opened.at,
    )
    found = returned(taken, None)
    assert found is not None
    return found


async def test_the_sender_is_told_in_words_and_in_fields_with_the_header_of_the_letter(house: House) -> None:
    assert isinstance(await house.attempt(), Done)
    (came,) = house.peer.taken
    assert came.mail.startswith("FROM:<> ")
    assert came.recipients == [f"TO:<{CHRISTELLE.address}> NOTIFY=NEVER"]
    message = message_from_bytes(came.content, policy=default)
    assert message["Auto-Submitted"] == "auto-replied"
    assert message.get_content_type() == "multipart/report"
    words, fields, header = message.iter_parts()
    assert "cette messagerie est fermée" in words.get_content()
    (about_all, about_one) = fields.get_payload()
    assert about_all["Reporting-MTA"] == "dns; patient.mssante.fr"
    assert about_one["Final-Recipient"] == f"rfc822; {PATIENT.mailbox_address}"
    assert (about_one["Action"], about_one["Status"]) == ("failed", "5.2.1")
    assert "Subject: =?utf-8?q?R=C3=A9sultats?=" in header.get_content()
    assert "Bonjour" not in header.get_content()


async def test_other_readers_of_reports_understand_it(house: House) -> None:
    await house.attempt()
    report = read_report(house.peer.taken[0].content, null_sender=True)
    assert report is not None
    assert [(told.fate, told.status) for told in report.told] == [("failed", "5.2.1")]


async def test_a_letter_that_expired_meanwhile_is_given_up(house: House) -> None:
    house.bucket.kept.clear()
    assert isinstance(await house.attempt(), GiveUp)
    assert house.peer.taken == []
