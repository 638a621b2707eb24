"""Which files may be kept among the patient's documents, and under what name: who asks and who answers agree.

Source: guide, "Je visualise une pièce jointe" and "Ajouter une pièce jointe aux documents".
"""

from datetime import date

from contracts.documents import TYPE_CODES

DOCUMENT_BYTES = 5_000_000
"""A document is smaller than this ("Si la taille du fichier est <5Mo")."""
LONGEST_TITLE = 50
"""Characters of a document's name."""
FORBIDDEN = "<>\"«»=()+'’‘`.,;:&?![]{}|/%@~^§¤²µ\\"
"""Characters that a document's name may not hold, in the order the guide lists them under the field."""
KEPT_MEDIA_TYPES = frozenset(
    {"image/jpeg", "application/pdf", "application/rtf", "text/rtf", "image/tiff", "text/plain", "image/png"}
)
"""jpeg, jpg, pdf, rtf, tif, tiff, txt and png, told by content and not by the name."""


def may_be_kept(media_type: str, size: int) -> bool:
    """Whether a file of `size` bytes may become a document; otherwise it can only be downloaded."""
    return file_fault(media_type, size) is None


def file_fault(media_type: str, size: int) -> str | None:
    """Why a file may not be kept: `format`, `empty`, `too-large`, or None."""
    return size_fault(size) if media_type in KEPT_MEDIA_TYPES else "format"


def size_fault(size: int) -> str | None:
    """Why a file of `size` bytes may not be kept: `empty`, `too-large`, or None."""
    if size <= 0:
        return "empty"
    return "too-large" if size >= DOCUMENT_BYTES else None


def title_fault(title: str) -> str | None:
    """Why this can't be a document's name: `empty`, `too-long`, `forbidden`, or None."""
    if not title.strip():
        return "empty"
    if len(title) > LONGEST_TITLE:
        return "too-long"
    return "forbidden" if any(map(is_forbidden, title)) else None


def date_fault(dated: date | None, today: date) -> str | None:
    """Why this can't be a document's date: `missing`, `future`, or None."""
    if dated is None:
        return "missing"
    return "future" if dated > today else None


def type_fault(type_code: str) -> str | None:
    """`unknown` when this is no type of document."""
    return None if type_code in TYPE_CODES else "unknown"


def proposed_title(filename: str) -> str:
    """A document's name made from a file's: without its ending and without what is forbidden."""
    stem = filename.rsplit(".", 1)[0] if "." in filename.strip(".") else filename
    return cleaned_title(stem)


def cleaned_title(text: str) -> str:
    """The text with every forbidden character made a space, cut to what a name may hold."""
    spaced = "".join(" " if is_forbidden(character) else character for character in text)
    return " ".join(spaced.split())[:LONGEST_TITLE].rstrip()


def is_forbidden(character: str) -> bool:
    """Whether a document's name may not hold this character: one of the guide's list, or one nobody sees."""
    return character in FORBIDDEN or not character.isprintable()
