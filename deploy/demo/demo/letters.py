"""What professionals write: MIME letters with accents, a PDF by Typst, a structured document in an XDM zip."""

import base64
import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from io import BytesIO
from pathlib import Path
from string import Template
from uuid import uuid4
from xml.sax.saxutils import escape as xml

import typst

TEMPLATES = Path(__file__).parent / "templates"
XDM_NAME = "IHE_XDM.zip"
END_MARK = "[FIN]"
_ZIP_DATE = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Person:
    """A professional, or a patient as professionals know them."""

    name: str
    address: str

    @property
    def header(self) -> Address:
        """For `From` and `To`."""
        return Address(self.name, addr_spec=self.address)


@dataclass(frozen=True, kw_only=True)
class Patient:
    """Whom a structured document is about."""

    given_name: str
    family_name: str
    ins: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a PDF says. `results` are rows of three: examination, result, usual values."""

    title: str
    author: str
    function: str
    date: str
    paragraphs: Sequence[str]
    results: Sequence[tuple[str, str, str]] = ()

    def pdf(self) -> bytes:
        """The report as a PDF/A-3a."""
        data = json.dumps(
            {
                "title": self.title,
                "author": self.author,
                "function": self.function,
                "date": self.date,
                "paragraphs": list(self.paragraphs),
                "results": [list(row) for row in self.results],
            }
        )
        made: bytes = typst.compile(TEMPLATES / "report.typ", sys_inputs={"data": data}, pdf_standards=["a-3a"])
        return made


@dataclass(frozen=True, kw_only=True)
class File:
    """A file attached to a letter."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A letter before it is MIME. `html` is made from `text` unless given; `answers` is who it answers."""

    sender: Person
    to: Sequence[Person]
    subject: str
    text: str
    cc: Sequence[Person] = ()
    html: str | None = None
    files: Sequence[File] = ()
    answers: Sequence[str] = ()
    headers: Sequence[tuple[str, str]] = ()
    message_id: str = field(default_factory=lambda: f"<{uuid4()}@demo.mssante.fr>")
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def mime(self) -> bytes:
        """The letter as it goes over SMTP."""
        message = EmailMessage(policy=SMTP)
        message["From"] = self.sender.header
        message["To"] = [person.header for person in self.to]
        if self.cc:
            message["Cc"] = [person.header for person in self.cc]
        message["Subject"] = self.subject
        message["Date"] = format_datetime(self.at)
        message["Message-ID"] = self.message_id
        if self.answers:
            message["In-Reply-To"] = self.answers[-1]
            message["References"] = " ".join(self.answers)
        for name, value in self.headers:
            message[name] = value
        message.set_content(self.text)
        message.add_alternative(self.html or _as_html(self.text), subtype="html")
        for file in self.files:
            main, _, sub = file.media_type.partition("/")
            message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
        return message.as_bytes()


def end_of_exchange(sender: Person, to: Person) -> Letter:
    """The mail by which a professional ends the exchange: its subject is exactly `[FIN]`."""
    return Letter(sender=sender, to=[to], subject=END_MARK, text="")


def _as_html(text: str) -> str:
    paragraphs = (escape(part).replace("\n", "<br>") for part in text.strip().split("\n\n"))
    body = "".join(f"<p>{part}</p>" for part in paragraphs)
    return f'<html lang="fr"><body>{body}</body></html>'


def xdm_zip(report: Report, patient: Patient, at: datetime | None = None) -> bytes:
    """An `IHE_XDM.zip`: index, read-me, metadata, and the report as a CDA R2 level 1 document."""
    created = (at or datetime.now(UTC)).strftime("%Y%m%d%H%M%S")
    words = {
        "title": report.title,
        "author": report.author,
        "given": patient.given_name,
        "family": patient.family_name,
        "ins": patient.ins,
        "created": created,
        "document_oid": f"2.25.{uuid4().int}",
        "set_oid": f"2.25.{uuid4().int}",
    }
    document = _filled("CDA.XML", {**words, "body": base64.b64encode(report.pdf()).decode()})
    digest = hashlib.sha1(document, usedforsecurity=False).hexdigest()
    metadata = _filled("METADATA.XML", {**words, "sha1": digest, "size": str(len(document))})
    return _zipped(
        {
            "INDEX.HTM": _index(report).encode(),
            "README.TXT": _readme(report).encode(),
            "IHE_XDM/SUBSET01/METADATA.XML": metadata,
            "IHE_XDM/SUBSET01/DOC0001.XML": document,
        }
    )


def _filled(name: str, words: dict[str, str]) -> bytes:
    template = Template((TEMPLATES / name).read_text(encoding="utf-8"))
    return template.substitute({key: xml(value, {'"': "&quot;"}) for key, value in words.items()}).encode()


def _index(report: Report) -> str:
    return (
        '<!DOCTYPE html>\r\n<html lang="fr"><head><meta charset="utf-8"><title>IHE_XDM</title></head>\r\n'
        f"<body><h1>{escape(report.title)}</h1>\r\n"
        '<ul><li><a href="IHE_XDM/SUBSET01/DOC0001.XML">DOC0001.XML</a></li></ul></body></html>\r\n'
    )


def _readme(report: Report) -> str:
    return f"Emetteur : {report.author}\r\nContenu : {report.title}\r\nDocument : IHE_XDM/SUBSET01/DOC0001.XML\r\n"


def _zipped(files: dict[str, bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_DATE), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
