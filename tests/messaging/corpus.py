"""Odd letters, one for each oddity that real mail programs send; made here, by name."""

import base64
from email.message import EmailMessage
from email.policy import SMTP

from tests.messaging import signing
from tests.messaging.outlook import winmail
from tests.messaging.structured import PDF, PNG, cda, file_body, section, xdm

HEAD = b"From: Christelle Thomas <christelle@chu.mssante.fr>\r\nTo: <288077505600121@patient.mssante.fr>\r\n"
CALENDAR = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Agenda//FR\r
METHOD:REQUEST\r
BEGIN:VTIMEZONE\r
TZID:Romance Standard Time\r
BEGIN:STANDARD\r
DTSTART:16010101T030000\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r
END:STANDARD\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
UID:1@chu\r
DTSTAMP:20260601T080000Z\r
ORGANIZER;CN="Dr Paul Dupond":mailto:dupond@chu.mssante.fr\r
SUMMARY;LANGUAGE=fr:Consultation de contr\u00f4le\r
LOCATION:H\u00f4pital de la Colline\\, b\u00e2timent B\r
DTSTART;TZID=Romance Standard Time:20260611T143000\r
DTEND;TZID=Romance Standard Time:20260611T150000\r
DESCRIPTION:Venez \u00e0 jeun.\\nMerci.\r
END:VEVENT\r
END:VCALENDAR\r
"""


def mixed(*parts: bytes, kind: str = "mixed", close: bool = True) -> bytes:
    """A letter of these parts."""
    end = b"--b--\r\n" if close else b""
    return b'Content-Type: multipart/%s; boundary="b"\r\n\r\n' % kind.encode() + b"".join(
        b"--b\r\n" + part + b"\r\n" for part in parts
    ) + end  # fmt: skip


def letter(body: bytes, subject: bytes = b"Subject: Test\r\n", *, message_id: bytes = b"<a@chu>") -> bytes:
    """A letter with the usual head."""
    return (
        HEAD
        + subject
        + (b"Message-ID: %s\r\n" % message_id if message_id else b"")
        + b"MIME-Version: 1.0\r\n"
        + body
    )


def text(words: str = "Bonjour", charset: str = "utf-8", more: str = "", really: str = "utf-8") -> bytes:
    """A text part."""
    head = f"Content-Type: text/plain; charset={charset}{more}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return head.encode() + words.encode(really)


def file(name: str, content: bytes = PDF, kind: str = "application/octet-stream") -> bytes:
    """A file in base64."""
    head = f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{name}"\r\n'
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded


def html(words: str) -> bytes:
    """An HTML part."""
    return f"Content-Type: text/html; charset=utf-8\r\n\r\n{words}".encode()


def calendar(more: str = "") -> bytes:
    """An invitation as a part."""
    head = f"Content-Type: text/calendar; charset=utf-8{more}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return (head + CALENDAR).encode()


def outlook(content: bytes) -> bytes:
    """A winmail.dat as a part."""
    return file("winmail.dat", content, "application/ms-tnef")


def nested(depth: int) -> bytes:
    """Multiparts within multiparts, words at the bottom."""
    body = text("tout au fond")
    for level in range(depth):
        body = (
            f'Content-Type: multipart/mixed; boundary="n{level}"\r\n\r\n--n{level}\r\n'.encode()
            + body + f"\r\n--n{level}--\r\n".encode()
        )  # fmt: skip
    return body


def message(subject: str = "Réponse du labo") -> bytes:
    """A letter as a mail program makes it, to be attached."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["Subject"] = "Labo <labo@chu.mssante.fr>", subject
    made.set_content("Vos résultats sont arrivés.")
    made.add_attachment(PDF, maintype="application", subtype="pdf", filename="labo.pdf")
    return made.as_bytes()


CYRILLIC = "Здравствуйте, ваша консультация назначена на понедельник"
ACCENTS = "Votre rendez-vous à l'hôpital est confirmé, été comme hiver"
LETTERS: dict[str, bytes] = {
    "8-bit headers": letter(text(), "Subject: Été à l'hôpital\r\n".encode()),
    "8-bit headers in cp1252": letter(text(), "Subject: Été à l'hôpital\r\n".encode("cp1252")),
    "cp1252 called utf-8": letter(text(ACCENTS, "utf-8", really="cp1252")),
    "utf-8 called cp1252": letter(text(ACCENTS, "windows-1252")),
    "mac-roman called iso-8859-1": letter(text(ACCENTS, "iso-8859-1", really="mac-roman")),
    "cp850 without a label": letter(b"\r\n" + ACCENTS.encode("cp850")),
    "cyrillic without a label": letter(b"\r\n" + CYRILLIC.encode("cp1251")),
    "a character set nobody knows": letter(text(ACCENTS, "x-unknown-8bit", really="cp1252")),
    "flowed": letter(text("une phrase \r\ncoupée\r\n> une citation \r\n> coupée\r\nfin", more="; format=flowed")),
    "flowed with DelSp": letter(text("anticonsti \r\ntution", more="; format=flowed; delsp=yes")),
    "a line of 5,000 characters": letter(text("mot " * 1_250)),
    "a header of 2,000 characters": letter(text(), b"Subject: " + b"mot " * 500 + b"\r\n"),
    "no Message-ID": letter(text(), message_id=b""),
    "two Message-IDs": letter(text(), b"Message-ID: <b@chu>\r\nSubject: Test\r\n"),
    "no body but a file": letter(mixed(file("resultats.pdf"))),
    "a file as the whole letter": letter(file("resultats.pdf")),
    "winmail.dat": letter(mixed(text(), outlook(winmail(("Résultats d'examen.pdf", PDF))))),
    "winmail.dat with the words": letter(outlook(winmail(("a.png", PNG), html="<p>Bonjour <b>Inaya</b></p>"))),
    "winmail.dat broken off": letter(mixed(text(), outlook(winmail(("a.pdf", PDF))[:-200]))),
    "an invitation": letter(mixed(text(), calendar("; method=REQUEST"), kind="alternative")),
    "an invitation twice": letter(
        mixed(text(), calendar(), file("invite.ics", CALENDAR.encode(), "application/ics"))
    ),
    "base64 with junk": letter(mixed(text(), file("a.pdf").replace(b"\r\n\r\nJV", b"\r\n\r\n*!\r\nJV", 1))),
    "words called base64": letter(text(ACCENTS).replace(b"8bit", b"base64")),
    "base64 cut off": letter(mixed(text(), file("a.pdf")[:-31], close=False)),
    "quoted-printable cut off": letter(text("Votre diab=C3=A8te, =C3").replace(b"8bit", b"quoted-printable")),
    "bare LF": letter(mixed(text(), file("a.pdf"))).replace(b"\r\n", b"\n"),
    "bare CR": letter(text("une ligne\rune autre")),
    "a boundary never closed": letter(mixed(text(), file("a.pdf"), close=False)),
    "a boundary that isn't there": letter(b'Content-Type: multipart/mixed; boundary="c"\r\n\r\nBonjour'),
    "no boundary": letter(b"Content-Type: multipart/mixed\r\n\r\nBonjour"),
    "200 files": letter(mixed(text(), *(file("scan.pdf", b"%%PDF-1.7 %d" % n) for n in range(200)))),
    "deep nesting": letter(nested(40)),
    "NUL bytes": letter(text("avant\0après"), b"Subject: a\0b\r\n"),
    "lines of dots": letter(text(".\r\n..\r\n...fin")),
    "a sub-tag": letter(text()).replace(b"288077505600121@", b"288077505600121+Labo@"),
    "upper case": letter(text()).replace(b"christelle@chu.mssante.fr", b"Christelle@CHU.MSSANTE.FR"),
    "a nested message": letter(mixed(text(), b"Content-Type: message/rfc822\r\n\r\n" + message())),
    "a nested message in base64": letter(mixed(text(), file("labo.eml", message(), "message/rfc822"))),
    "signed, detached": signing.detached(text("Bonjour, signé")),
    "signed, opaque": signing.opaque(mixed(text("Bonjour, signé"), file("a.pdf"))),
    "files of one name": letter(mixed(text(), file("scan.pdf"), file("SCAN.PDF"), file("scan.pdf"))),
    "an inline picture": letter(
        mixed(
            html("<p>Voici <img src='cid:i@x'></p>"),
            b"Content-ID: <i@x>\r\n" + file("i.png", PNG, "image/png"),
            kind="related",
        )
    ),
    "text after a file": letter(mixed(text("avant"), file("a.pdf"), text("après"))),
    "HTML and text in turn": letter(mixed(html("<p>avant</p>"), file("a.pdf"), text("après"))),
    "an empty HTML version": letter(
        mixed(text("les mots"), html("<html><body></body></html>"), kind="alternative")
    ),
    "a structured document": letter(
        mixed(text(), file("IHE_XDM.zip", xdm(cda(section("Motif", "Contrôle"))), "application/zip")),
        b"Subject: XDM/1.0/DDM+Compte rendu\r\n",
    ),
    "a structured document with a PDF": letter(mixed(text(), file("IHE_XDM.zip", xdm(cda(body=file_body(PDF)))))),
    "only HTML": letter(html("<p>Bonjour<br>Inaya</p>")),
    "an encoded subject in pieces": letter(
        text(), b"Subject: =?utf-8?q?Votre_diab?=\r\n =?utf-8?b?w6h0ZQ==?=\r\n"
    ),
    "names by RFC 2231": letter(
        mixed(text(), file("x").replace(b'="x"', b"*0*=UTF-8''r%C3%A9sultat; filename*1=s.pdf"))
    ),
    "two From": letter(text(), b"From: autre@chu.mssante.fr\r\nSubject: Test\r\n"),
    "no headers": b"\r\nBonjour",
    "nothing": b"",
}
