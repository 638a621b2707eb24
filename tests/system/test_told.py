"""A notice that bounces through the door: the patient gets it by SMS, and the site says what is wrong."""

from email.message import EmailMessage

import pytest

from stack.control import Stack
from tests.system.mail import MailServer, letter
from tests.system.observer import Observer, Row
from tests.system.people import DOCTOR, People
from tests.system.waiting import until
from tests.system.wire import Wire

pytestmark = pytest.mark.stack


def report(to: str, address: str) -> bytes:
    """What a mail server says of an address that it does not know any more (RFC 3464)."""
    message = EmailMessage()
    message["From"] = "MAILER-DAEMON@relais.example"
    message["To"] = to
    message["Subject"] = "Undelivered Mail Returned to Sender"
    message["Content-Type"] = 'multipart/report; report-type=delivery-status; boundary="b"'
    about = f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: 5.1.1\n"
    fields = f"Reporting-MTA: dns; relais.example\n\n{about}"
    parts = f"--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n{fields}\n--b--\n"
    return (message.as_string().split("\n\n")[0] + "\n\n" + parts).replace("\n", "\r\n").encode()


def test_a_notice_that_bounces_goes_by_sms_and_the_patient_reads_why(
    stack: Stack, people: People, observer: Observer
) -> None:
    stack.wait_ready()
    patient = people.newcomer()
    sent = letter(DOCTOR, [patient], "Une nouvelle")
    MailServer(stack.ports["door"]).deliver(sent)
    notices = observer.database("notifier")["notices"]

    def announced() -> Row | None:
        found: Row | None = notices.find_one({"patient_id": patient.id, "kind": "letter", "state": "sent"})
        return found

    row = until(announced, what="the letter announced by e-mail")
    assert row is not None and row["channel"] == "email"
    assert patient.patient.email is not None

    (mail,) = [one for one in patient.catcher.mails() if one.message_id == row["message_id"]]
    with Wire(stack.ports["door"]) as wire:
        wire.envelope("", [mail.envelope_sender])
        assert wire.data(report(mail.envelope_sender, patient.patient.email)).startswith("250")

    phone = f"{patient.patient.phone}@sms.invalid"
    texts = until(
        lambda: [
            mail for mail in patient.catcher.mails() if phone in mail.to and mail.message_id == row["message_id"]
        ],
        what="the same notice by SMS",
    )
    assert "Vous avez un nouveau message" in texts[0].body("plain")
    until(
        lambda: patient.visitor.get("/").says("Votre adresse e-mail ne reçoit plus nos messages."),
        what="the note on Accueil",
    )
