"""A structured document (CDA R2) as words in an order: who it is about, sections, tables, lists, its own files.

Nothing of the document's own markup is kept: the page is made from these values alone.
"""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from contracts.ins import is_valid

INS_ROOTS = frozenset(f"1.2.250.1.213.1.4.{number}" for number in (8, 9, 10, 11))
"""INS-NIR, INS-NIA, and those of tests and demonstrations."""


class Run(Struct, frozen=True, kw_only=True):
    """Words in a line, with the stress their author gave them. `position`: "", "sub" or "sup"."""

    kind: ClassVar[str] = "run"
    words: str
    strong: bool = False
    emphasis: bool = False
    underline: bool = False
    deleted: bool = False
    position: str = ""
    href: str = ""


class Break(Struct, frozen=True):
    """The end of a line within a paragraph."""

    kind: ClassVar[str] = "break"


class Shown(Struct, frozen=True):
    """The place of one of the document's own files, by its number."""

    kind: ClassVar[str] = "shown"
    number: int


Inline = Run | Break | Shown


class Paragraph(Struct, frozen=True):
    """Words that belong together."""

    kind: ClassVar[str] = "paragraph"
    inlines: tuple[Inline, ...]


class Listing(Struct, frozen=True, kw_only=True):
    """Items, numbered when `ordered`."""

    kind: ClassVar[str] = "listing"
    ordered: bool
    items: tuple[tuple["Block", ...], ...]
    caption: str = ""


class Cell(Struct, frozen=True, kw_only=True):
    """A cell, over so many columns and rows. `label` names its column where the table has plain ones."""

    blocks: tuple["Block", ...]
    header: bool = False
    columns: int = 1
    rows: int = 1
    label: str = ""


class Table(Struct, frozen=True, kw_only=True):
    """Rows under a head. `plain`: every cell has its own column name, or there are none; no cell spans others.

    A phone may show a row of a plain one as a card.
    """

    kind: ClassVar[str] = "table"
    head: tuple[tuple[Cell, ...], ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    plain: bool = False


Block = Paragraph | Listing | Table


class Section(Struct, frozen=True, kw_only=True):
    """A part of the document with its title."""

    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple["Section", ...] = ()


class Moment(Struct, frozen=True, kw_only=True):
    """A date as precise as the document gives it: `at` when it has a day, `timed` when it has an hour.

    A day alone is at ten in the morning UTC, the same day wherever in the world it is read. Less than a day
    (`2019`, `03/2019`) is only in `words`.
    """

    words: str
    at: datetime | None = None
    timed: bool = False


class Someone(Struct, frozen=True, kw_only=True):
    """A person or an organisation of the document's head; any of these may be empty."""

    name: str = ""
    function: str = ""
    organisation: str = ""


class Identifier(Struct, frozen=True):
    """A patient's number, and the OID of who gives such numbers."""

    root: str
    number: str

    @property
    def is_ins(self) -> bool:
        """Whether it is the national number, rather than a hospital's or a practice's."""
        return self.root in INS_ROOTS or (not self.root and is_valid(self.number.upper()))


class Head(Struct, frozen=True, kw_only=True):
    """What the document says of itself."""

    title: str = ""
    type_name: str = ""
    at: Moment | None = None
    patient: str = ""
    birth: Moment | None = None
    patient_ids: tuple[Identifier, ...] = ()
    authors: tuple[Someone, ...] = ()
    signers: tuple[Someone, ...] = ()
    custodian: str = ""
    recipients: tuple[Someone, ...] = ()
    event: str = ""
    event_from: Moment | None = None
    event_to: Moment | None = None


class OwnFile(Struct, frozen=True, kw_only=True):
    """A file inside the document: a PDF, a picture. `media_type` is decided by content."""

    name: str
    media_type: str
    content: bytes


class Document(Struct, frozen=True, kw_only=True):
    """One document. `body_file` is the number of the file that is its whole body (CDA level 1).

    `readable` is False where it cannot be shown; then only `head.title` may be set, to the file's name.
    `cut` says that it is longer than what is shown.
    """

    head: Head
    sections: tuple[Section, ...] = ()
    files: tuple[OwnFile, ...] = ()
    body_file: int | None = None
    body_text: str = ""
    readable: bool = True
    cut: bool = False


class Structured(Struct, frozen=True, kw_only=True):
    """What a file made of structured documents holds. `patient_ids` are those of its metadata.

    `others` are the names of files beside the documents, which stay in the archive.
    """

    documents: tuple[Document, ...]
    patient_ids: tuple[Identifier, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def every_id(self) -> tuple[Identifier, ...]:
        """The patients' numbers anywhere in it."""
        return (*self.patient_ids, *(one for document in self.documents for one in document.head.patient_ids))

    @property
    def files(self) -> tuple[OwnFile, ...]:
        """The files of all its documents, in their order."""
        return tuple(file for document in self.documents for file in document.files)


class Concerns(StrEnum):
    """Whether a document is about the patient whose mailbox it is in."""

    PATIENT = "patient"
    SOMEONE_ELSE = "someone-else"
    UNKNOWN = "unknown"


def concerns(found: tuple[Identifier, ...], ins: str) -> Concerns:
    """Compare every national number in a document with the mailbox's: one that differs is enough to warn.

    A number without its key (13 characters) is compared without it.
    """
    numbers = {_plain(one.number) for one in found if one.is_ins and _plain(one.number)}
    if not numbers:
        return Concerns.UNKNOWN
    ours = ins.upper()
    same = all(number in (ours, ours[:13]) for number in numbers)
    return Concerns.PATIENT if same else Concerns.SOMEONE_ELSE


def _plain(number: str) -> str:
    return "".join(number.split()).upper()
