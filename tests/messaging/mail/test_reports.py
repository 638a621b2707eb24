"""Delivery reports and read receipts are understood, also broken ones; letters are not taken for them."""

import base64
from email import message_from_string
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.domain.reports import Fate, Report, ReportKind
from messaging.letters.automatic import is_auto_reply
from messaging.letters.policy import BOUNDED
from messaging.letters.reports import read_report

OURS = "<0199-ours@patient.mssante.fr>"
DOCTOR = "marie@chu.mssante.fr"


def report(
    machine: str,
    *,
    report_type: str = "delivery-status",
    label: str = "message/delivery-status",
    returned: str = f"Message-ID: {OURS}\r\nSubject: Re: x\r\n",
    head: str = "",
    top: str = "multipart/report",
) -> bytes:
    """A report as a peer's server makes it: words, the part for machines, the headers of the message."""
    kind = f"; report-type={report_type}" if report_type else ""
    return (
        f"From: Mail Delivery System <MAILER-DAEMON@chu.mssante.fr>\r\nTo: <x@y>\r\n{head}"
        f'Subject: Undelivered\r\nMIME-Version: 1.0\r\nContent-Type: {top}{kind}; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        f"--b\r\nContent-Type: {label}\r\n\r\n{machine}\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--b--\r\n"
    ).encode()


DSN = (
    "Reporting-MTA: dns; mx.chu.mssante.fr\r\nOriginal-Envelope-Id: 0199-envelope\r\n\r\n"
    f"Final-Recipient: rfc822; {DOCTOR}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    "Diagnostic-Code: smtp; 550 5.1.1 no such\r\n user here\r\n"
)


def told(raw: bytes, *, null_sender: bool = True) -> Report:
    found = read_report(raw, null_sender=null_sender)
    assert found is not None
    return found


def test_a_failure_names_our_message_the_recipient_and_why() -> None:
    found = told(report(DSN), null_sender=False)
    (one,) = found.told
    assert (found.kind, found.message_ids, found.envelope_id) == (ReportKind.DELIVERY, (OURS,), "0199-envelope")
    assert (one.addresses, one.fate, one.status) == ((DOCTOR,), Fate.FAILED, "5.1.1")
    assert one.detail == "smtp; 550 5.1.1 no such user here"
    assert found.sender == "mailer-daemon@chu.mssante.fr"


@pytest.mark.parametrize(
    ("action", "status", "fate"),
    [
        ("delivered", "2.0.0", Fate.DELIVERED),
        ("Delayed", "4.4.1", Fate.DELAYED),
        ("relayed", "2.0.0", Fate.RELAYED),
        ("expanded", "2.0.0", Fate.EXPANDED),
        ("failed (permanently)", "5.0.0", Fate.FAILED),
        ("failure", "", Fate.FAILED),
        ("", "5.2.2 (mailbox full)", Fate.FAILED),
        ("", "4.4.7", Fate.DELAYED),
        ("gone fishing", "2.1.5", Fate.DELIVERED),
        ("", "", Fate.OTHER),
    ],
)
def test_each_action_is_read_or_told_from_the_status(action: str, status: str, fate: Fate) -> None:
    raw = report(
        f"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822;{DOCTOR}\r\n"
        f"Action: {action}\r\nStatus: {status}\r\n"
    )
    assert [one.fate for one in told(raw).told] == [fate]


@pytest.mark.parametrize(
    "broken",
    [
        report(DSN, report_type=""),
        report(DSN, report_type='"DELIVERY-STATUS"'),
        report(DSN, label="text/plain"),
        report(DSN, label="application/octet-stream"),
        report(DSN, label="Message/Global-Delivery-Status"),
        report(DSN, top="multipart/mixed"),
        report(DSN.replace("rfc822; ", "")),
        report(DSN.replace("rfc822; " + DOCTOR, f"RFC822;<{DOCTOR.upper()}>")),
        report(DSN.replace("Final-Recipient", "Original-Recipient")),
        report(DSN.replace("\r\n\r\n", "\r\n \r\n")),
        report(DSN.replace("\r\n", "\n")),
        report("\r\n\r\n" + DSN),
        report(DSN).replace(b"--b--", b""),
        report(DSN).replace(b"\r\n", b"\n"),
        report(DSN, label="message/delivery-status\r\nContent-Transfer-Encoding: 7bit; x"),
        report(DSN, returned="", head=f"In-Reply-To: {OURS}\r\n"),
        report(DSN, returned="", head=f"References: <a@b> {OURS}\r\n"),
        report(DSN.replace("Reporting-MTA", f"X-Original-Message-ID: {OURS}\r\nReporting-MTA"), returned="none"),
        report(DSN.replace("Reporting-MTA: dns; mx.chu.mssante.fr\r\n", "")),
    ],
)  # fmt: skip
def test_a_failure_that_breaks_the_rules_says_the_same(broken: bytes) -> None:
    found = told(broken)
    assert OURS in found.message_ids[:2]
    assert [(one.addresses, one.fate, one.status) for one in found.told] == [((DOCTOR,), Fate.FAILED, "5.1.1")]


def test_a_report_in_base64_is_read() -> None:
    machine = base64.encodebytes(DSN.encode()).decode()
    raw = report(machine, label="message/delivery-status\r\nContent-Transfer-Encoding: base64")
    assert [one.fate for one in told(raw).told] == [Fate.FAILED]


def test_several_recipients_each_have_their_fate() -> None:
    second = "\r\nFinal-Recipient: rfc822; jean@chu.mssante.fr\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
    found = told(report(DSN + second))
    assert [(one.addresses, one.fate) for one in found.told] == [
        ((DOCTOR,), Fate.FAILED),
        (("jean@chu.mssante.fr",), Fate.DELIVERED),
    ]


def test_our_own_writing_of_the_recipient_comes_first_out_of_its_xtext() -> None:
    both = f"Original-Recipient: rfc822;jean+2Btag@x.fr\r\nFinal-Recipient: rfc822; {DOCTOR}\r\nAction: failed\r\n"
    (one,) = told(report(both)).told
    assert one.addresses == ("jean+2btag@x.fr", DOCTOR, "jean+tag@x.fr")


MDN = (
    f"Reporting-UA: chu; Mail\r\nFinal-Recipient: rfc822; {DOCTOR}\r\nOriginal-Message-ID: {OURS}\r\n"
    "Disposition: manual-action/MDN-sent-manually; displayed\r\n"
)
READ = {"report_type": "disposition-notification", "label": "message/disposition-notification"}


@pytest.mark.parametrize(
    ("disposition", "fate"),
    [
        ("manual-action/MDN-sent-manually; displayed", Fate.DISPLAYED),
        ("automatic-action/MDN-sent-automatically;displayed", Fate.DISPLAYED),
        ("automatic-action/MDN-sent-automatically; displayed/error", Fate.DISPLAYED),
        ("displayed", Fate.DISPLAYED),
        ("manual-action/MDN-sent-manually; Read", Fate.DISPLAYED),
        ("automatic-action/MDN-sent-automatically; deleted", Fate.DELETED),
        ("manual-action/MDN-sent-manually; denied", Fate.OTHER),
        (";", Fate.OTHER),
    ],
)
def test_a_receipt_says_whether_it_was_read(disposition: str, fate: Fate) -> None:
    machine = MDN.replace("manual-action/MDN-sent-manually; displayed", disposition)
    found = told(report(machine, **READ), null_sender=False)  # type: ignore[arg-type]
    assert found.kind is ReportKind.DISPOSITION and found.message_ids[0] == OURS
    assert [(one.addresses, one.fate) for one in found.told] == [((DOCTOR,), fate)]


def test_a_receipt_without_a_recipient_is_its_senders() -> None:
    machine = MDN.replace(f"Final-Recipient: rfc822; {DOCTOR}\r\n", "")
    raw = report(machine, **READ).replace(b"MAILER-DAEMON@", b"marie@")  # type: ignore[arg-type]
    assert told(raw).told[0].addresses == (DOCTOR,)


def test_a_receipt_without_the_original_id_is_tied_by_what_it_answers() -> None:
    machine = MDN.replace(f"Original-Message-ID: {OURS}\r\n", "")
    raw = report(machine, returned="", head=f"In-Reply-To: {OURS}\r\n", **READ)  # type: ignore[arg-type]
    assert told(raw).message_ids == (OURS,)


QMAIL = (
    "From: MAILER-DAEMON@mx.chu.mssante.fr\r\nSubject: failure notice\r\n\r\n"
    "Hi. This is the qmail-send program at mx.chu.mssante.fr.\r\n"
    "I'm afraid I wasn't able to deliver your message to the following addresses.\r\n\r\n"
    f"<{DOCTOR}>:\r\n10.0.0.1 does not like recipient.\r\nRemote host said: 550 5.1.1 unknown\r\n\r\n"
    "--- Below this line is a copy of the message.\r\n\r\nReturn-Path: <x@y>\r\n"
    f"From: <someone@else.fr>\r\nMessage-ID: {OURS}\r\n"
)
EXIM = (
    f"X-Failed-Recipients: {DOCTOR}\r\nAuto-Submitted: auto-replied\r\nFrom: Mailer-Daemon@chu.mssante.fr\r\n"
    "Subject: Mail delivery failed: returning message to sender\r\n\r\n"
    "A message that you sent could not be delivered to one or more of its recipients.\r\n\r\n"
    f"  {DOCTOR}\r\n    SMTP error: 550 5.1.1 unknown user\r\n\r\n"
    f"------ This is a copy of the message, including all the headers. ------\r\n\r\nMessage-ID: {OURS}\r\n"
)
FRENCH = (
    "From: postmaster@chu.mssante.fr\r\nSubject: =?utf-8?q?Non_remis_=3A_Re=3A_x?=\r\n\r\n"
    f"Échec de la remise pour ces destinataires :\r\n\r\n{DOCTOR}\r\nErreur 5.1.1\r\n\r\nMessage-ID: {OURS}\r\n"
)


@pytest.mark.parametrize("raw", [QMAIL, EXIM, FRENCH], ids=["qmail", "exim", "french"])
def test_a_bounce_in_words_alone_is_understood(raw: str) -> None:
    found = told(raw.encode())
    assert [(one.addresses, one.fate, one.status) for one in found.told] == [((DOCTOR,), Fate.FAILED, "5.1.1")]
    assert OURS in found.message_ids and found.kind is ReportKind.DELIVERY


def test_a_warning_in_words_is_a_delay() -> None:
    raw = EXIM.replace("Mail delivery failed: returning message to sender", "Warning: message delayed 24 hours")
    assert told(raw.replace("550 5.1.1", "451").encode()).told[0].fate is Fate.DELAYED


@pytest.mark.parametrize(
    "words",
    [
        "451 timed out. (#4.4.1)\r\nI'm not going to try again; this message has been in the queue too long.",
        "retry timeout exceeded: 421 4.7.0 try again later",
    ],
)
def test_a_mail_program_that_gives_up_has_failed_whatever_it_heard_last(words: str) -> None:
    raw = QMAIL.replace("10.0.0.1 does not like recipient.\r\nRemote host said: 550 5.1.1 unknown", words)
    assert [one.fate for one in told(raw.encode()).told] == [Fate.FAILED]


ABSENCE = (
    f"From: Dr Marie <{DOCTOR}>\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: {OURS}\r\n"
    "Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_Ordonnance_non_d=C3=A9livr=C3=A9e?=\r\n\r\n"
    f"Je suis absente.\r\n{DOCTOR}\r\n"
)
PHARMACY = (
    "From: Pharmacie <pharmacie@chu.mssante.fr>\r\nSubject: =?utf-8?q?Ordonnance_non_d=C3=A9livr=C3=A9e?=\r\n\r\n"
    f"Voyez avec\r\n{DOCTOR}\r\n"
)


@pytest.mark.parametrize("raw", [ABSENCE, PHARMACY], ids=["absence", "pharmacy"])
def test_what_a_person_or_an_absence_notice_writes_from_the_null_sender_is_a_letter(raw: str) -> None:
    assert read_report(raw.encode(), null_sender=True) is None


def test_only_what_is_told_in_words_alone_is_doubted() -> None:
    assert told(QMAIL.encode()).in_words
    assert told(QMAIL.replace("MAILER-DAEMON@mx.", "noreply@").encode()).in_words
    assert not told(report(DSN)).in_words


def letter(**fields: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"Marie <{DOCTOR}>"
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content("Bonjour, votre message est revenu ? marie@chu.mssante.fr 5.1.1")
    return message


def test_letters_are_no_reports() -> None:
    forwarded = letter(Subject="Tr: failure notice")
    forwarded.add_attachment(report(DSN), maintype="message", subtype="x-report", filename="a.eml")
    nested = (
        (
            f"From: {DOCTOR}\r\nSubject: Undelivered\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
            "--c\r\n\r\nvoir\r\n--c\r\nContent-Type: message/rfc822\r\n\r\n"
        ).encode()
        + report(DSN)
        + b"\r\n--c--\r\n"
    )
    plain = letter(Subject="Undelivered mail: failure notice").as_bytes()
    by_hand = report(DSN, top="multipart/mixed").replace(b"MAILER-DAEMON@", b"marie@")
    for raw in (plain, forwarded.as_bytes(), nested, by_hand, QMAIL.replace("MAILER-DAEMON@", "marie@").encode()):
        assert read_report(raw) is None


def test_another_kind_of_report_is_none() -> None:
    feedback = "Feedback-Type: abuse\r\nUser-Agent: x\r\n"
    assert read_report(report(feedback, report_type="feedback-report", label="message/feedback-report")) is None


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200),
    st.integers(0, 900),
    st.sampled_from([report(DSN), report(MDN, **READ), QMAIL.encode(), EXIM.encode()]),  # type: ignore[arg-type]
)
def test_no_bytes_make_the_reader_of_reports_stumble(junk: bytes, at: int, raw: bytes) -> None:
    read_report(raw[:at] + junk + raw[at:], null_sender=True)
    read_report(raw[:at], null_sender=True)
    read_report(junk, null_sender=True)


@pytest.mark.parametrize(
    ("head", "automatic"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: Auto-Replied (vacation); owner=x", True),
        ("Auto-Submitted: auto-generated\r\nIn-Reply-To: <a@b>", True),
        ("Auto-Submitted: auto-generated", False),
        ("Auto-Submitted: no", False),
        ("X-Autoreply: yes", True),
        ("X-Autorespond: absence", True),
        ("X-Autoreply: no", False),
        ("Precedence: auto_reply", True),
        ("Precedence: bulk", False),
        ("In-Reply-To: <a@b>", False),
    ],
)
def test_answers_that_no_person_wrote_are_told(head: str, automatic: bool) -> None:
    assert is_auto_reply(message_from_string(f"{head}\r\n\r\nx", policy=BOUNDED)) is automatic
