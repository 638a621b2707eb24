"""A report that comes in changes a state, and is never shown as a letter."""

from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.messaging import LetterTaken, ReplyStateChanged
from messaging.composing import Letterhead, Sender
from messaging.domain.consignment import Cargo, consigned
from messaging.domain.letter import Service
from messaging.domain.model import MessageKind, Party
from messaging.receipts import compose_receipt
from messaging.reported import Reported, report_in
from tests.messaging.people import AT, CHRISTELLE, DOMAINS, INAYA_ID, World

LATER = AT + timedelta(minutes=3)


def taken(**changes: Any) -> LetterTaken:
    told: Any = SimpleNamespace(intake_id="i", patient_id=INAYA_ID, taken_at=LATER, **changes)
    return told


class House:
    """Inaya's reply to Christelle, accepted by her server."""

    def __init__(self) -> None:
        self.world = World()
        letter = self.world.letter()
        self.reply = self.world.letter(
            kind=MessageKind.REPLY, sender=self.world.inaya.party, recipients=(CHRISTELLE,), id="r1",
            conversation_id=letter.id, message_id="<r1@patient.mssante.fr>",
        )  # fmt: skip
        (self.sent,) = consigned(self.reply, (CHRISTELLE,), AT)
        self.world.store.put("consignments", self.sent)
        self.reported = Reported(self.world.store, Service("Mon espace santé", DOMAINS))

    async def hears(self, raw: bytes, envelope_sender: str = "") -> None:
        report = report_in(raw, envelope_sender)
        assert report is not None
        await self.world.store.transact(lambda tx: self.reported.hear(tx, taken(), report))

    @property
    def states(self) -> list[str]:
        return [one.state for one in self.world.store.published if isinstance(one, ReplyStateChanged)]


def bounce(sender: str = "MAILER-DAEMON@chu.mssante.fr", action: str = "failed") -> bytes:
    return (
        f"From: {sender}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        f"Final-Recipient: rfc822; {CHRISTELLE.address}\r\nAction: {action}\r\nStatus: 5.2.2\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <r1@patient.mssante.fr>\r\n\r\n--b--\r\n"
    ).encode()


IN_WORDS = (
    "From: MAILER-DAEMON@chu.mssante.fr\r\nSubject: failure notice\r\n\r\n<{about}>:\r\nunknown\r\n\r\n"
    "--- Below this line is a copy of the message.\r\n\r\nMessage-ID: {named}\r\n"
)


@pytest.mark.parametrize(
    ("about", "named", "expected"),
    [
        (CHRISTELLE.address, "<r1@patient.mssante.fr>", True),
        ("personne@chu.mssante.fr", "<r1@patient.mssante.fr>", False),
        (CHRISTELLE.address, "<other@patient.mssante.fr>", False),
        (CHRISTELLE.address, "<r1@elsewhere.fr>", False),
    ],
)
async def test_what_tells_in_words_of_no_reply_of_ours_is_a_letter(
    house: House, about: str, named: str, expected: bool
) -> None:
    report = report_in(IN_WORDS.format(about=about, named=named).encode(), "")
    assert report is not None
    assert await house.reported.is_report(INAYA_ID, report) is expected


@pytest.fixture
def house() -> House:
    return House()


async def test_a_bounce_fails_the_reply_once_however_often_it_comes(house: House) -> None:
    for _ in range(2):
        await house.hears(bounce())
    assert house.states == ["failed"]
    (kept,) = house.world.store.kept["consignments"].values()
    assert kept.troubled and kept.deliveries[0].reason == "mailbox-full"


async def test_a_bounce_from_elsewhere_changes_nothing(house: House) -> None:
    await house.hears(bounce("MAILER-DAEMON@elsewhere.fr"))
    assert house.states == []


async def test_a_delivery_then_a_receipt_are_told_and_never_go_back(house: House) -> None:
    await house.hears(bounce(action="delivered"))
    asked = Party(name="Inaya", address=house.world.inaya.mailbox_address)
    sender = Sender("Christelle", "Thomas", CHRISTELLE.address)
    receipt = compose_receipt(house.reply, asked, sender, Letterhead(product="x"), receipt_id="m", at=LATER)
    await house.hears(receipt, CHRISTELLE.address)
    await house.hears(bounce())
    assert house.states == ["delivered", "read"]


async def test_another_patient_s_reply_is_out_of_reach(house: House) -> None:
    report = report_in(bounce(), "")
    assert report is not None
    other: Any = taken()
    other.patient_id = "someone-else"
    await house.world.store.transact(lambda tx: house.reported.hear(tx, other, report))
    assert house.states == []


async def test_a_report_on_a_receipt_of_ours_is_let_go(house: House) -> None:
    (receipt,) = consigned(house.reply, (CHRISTELLE,), AT, Cargo.RECEIPT)
    house.world.store.kept["consignments"] = {receipt.id: receipt}
    await house.hears(bounce())
    assert house.states == []


def test_a_letter_is_no_report_however_large_or_small() -> None:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["Subject"] = CHRISTELLE.address, "Undelivered mail: failure notice"
    letter.set_content("Bonjour,\n\nvotre message multipart/report n'est pas arrivé.\n")
    assert report_in(letter.as_bytes(), CHRISTELLE.address) is None
    assert report_in(letter.as_bytes() + b"x" * 200_000, CHRISTELLE.address) is None
    assert report_in(bounce() + b"x" * 200_000, "postmaster@chu.mssante.fr") is not None
