"""Lists of documents: their order, their filter and the place from which a page goes on."""

from datetime import date
from enum import StrEnum

from msgspec import Struct

from documents.domain.document import Document

PAGE_SIZE = 50


class Order(StrEnum):
    """By the documents' own date; documents of one date by their id."""

    NEWEST = "recents"
    OLDEST = "anciens"


class Place(Struct, frozen=True):
    """The last document of a page: the next page begins behind it."""

    dated: date
    id: str

    def __str__(self) -> str:
        return f"{self.dated.isoformat()}.{self.id}"


class Listing(Struct, frozen=True, kw_only=True):
    """Which documents, in which order, from where."""

    type_code: str | None = None
    order: Order = Order.NEWEST
    after: Place | None = None


class Page(Struct, frozen=True, kw_only=True):
    """As many documents as a page holds, how many there are in all, and where the next page begins."""

    documents: tuple[Document, ...]
    total: int
    next: Place | None


def place_from(text: str) -> Place | None:
    """The place written by `str(place)`, or None for anything else."""
    dated, _, document_id = text.partition(".")
    try:
        return Place(date.fromisoformat(dated), document_id) if document_id else None
    except ValueError:
        return None


def page_of(found: list[Document], total: int, size: int = PAGE_SIZE) -> Page:
    """A page of the documents found, of which one more than a page holds was asked for."""
    shown = tuple(found[:size])
    last = shown[-1] if len(found) > size else None
    return Page(documents=shown, total=total, next=Place(last.dated, last.id) if last else None)
