"""What is asked once more before a reply leaves, and the marks by which a press says yes to exactly that."""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

from chassis.i18n import mark as _
from messaging.domain.errors import MessagingError
from messaging.domain.model import DraftRow, Party

_SPEAKS_OF_A_FILE = re.compile(r"\bci[\s\-\u2010\u2011]?joint|\bpi[eè]ces?[\s-]+jointe", re.IGNORECASE)


class Asked(StrEnum):
    """Why the patient is asked."""

    MASKED = "masked"
    """A document hidden from professionals is about to be shown to some (journeys §5)."""
    FORGOTTEN = "forgotten"
    """The text speaks of a document, and there is none (journeys §6)."""


class Question(Struct, frozen=True, kw_only=True):
    """One thing to confirm: which files it is about, and who will see them."""

    asked: Asked
    files: tuple[str, ...]
    readers: tuple[str, ...]
    mark: str
    """16 digits of what is asked: with another file or another reader it is another question."""


class Unconfirmed(MessagingError):
    """The reply has not left: these questions wait for their answer."""

    code = "unconfirmed"
    sentence = _("Votre message n'est pas encore envoyé : une confirmation est nécessaire.")

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__(f"asked: {', '.join(question.asked for question in questions)}")
        self.questions = tuple(questions)


def questions_before(text: str, rows: Sequence[DraftRow], recipients: Sequence[Party]) -> tuple[Question, ...]:
    """What must be confirmed before this text and these files leave for these recipients."""
    masked = [row for row in rows if row.masked]
    if masked:
        return (_question(Asked.MASKED, masked, recipients),)
    return (_question(Asked.FORGOTTEN, [], []),) if not rows and speaks_of_a_file(text) else ()


def speaks_of_a_file(text: str) -> bool:
    """Whether a text says that a document comes with it: « ci-joint », « en pièce jointe »."""
    return _SPEAKS_OF_A_FILE.search(text) is not None


def check_confirmed(questions: Sequence[Question], given: Collection[str]) -> None:
    """Raises `Unconfirmed` with all the questions when the mark of one was not given."""
    if any(question.mark not in given for question in questions):
        raise Unconfirmed(questions)


def _question(asked: Asked, rows: Sequence[DraftRow], recipients: Sequence[Party]) -> Question:
    about = [asked, *sorted(row.id for row in rows), *sorted(party.address for party in recipients)]
    return Question(
        asked=asked,
        files=tuple(row.filename for row in rows),
        readers=tuple(party.name for party in recipients),
        mark=sha256("\0".join(about).encode()).hexdigest()[:16],
    )
