"""In which lists a conversation stands, as words that one index serves: `facets` of its row in the store.

Not every store stops reading at a limit. So every 32nd row (by its id) also stands in the list's first grade,
every 32nd of these in its second, and so on, as in a skip list: a page asks the grades first how far it has to
read, and then reads no more than that, wherever in the list it lies and however uneven its density is.
"""

from messaging.domain.drafting import tick_of
from messaging.domain.model import Conversation

GRADES = 3
"""Grades of a list: one row in 32, in 1,024, in 32,768."""
_BITS = 5


class Facet:
    """The names of lists. Those of a professional's are `by(address)`."""

    ALL = "all"
    UNREAD = "unread"
    FILES = "files"
    UNREAD_FILES = "unread-files"


def by(tick: str) -> str:
    """The list of a professional's conversations; `tick` stands for their address, as in pages."""
    return f"by-{tick}"


def graded(facet: str, grade: int) -> str:
    """The name of a list's grade; grade 0 is the list itself."""
    return f"{facet}/{grade}" if grade else facet


def grade_of(conversation_id: str) -> int:
    """The highest grade in which a row stands, the same for ever."""
    number, grade = int(conversation_id[-8:], 16), 0
    while grade < GRADES and number % (1 << _BITS) == 0:
        number >>= _BITS
        grade += 1
    return grade


def facets_of(row: Conversation) -> list[str]:
    """All lists and grades in which the row stands; none while it is in the trash."""
    if row.trashed_at is not None:
        return []
    lists = [facet for facet, stands in _lists(row) if stands]
    lists += [by(tick_of(address)) for address in row.correspondents]
    return [graded(facet, grade) for facet in lists for grade in range(grade_of(row.id) + 1)]


def _lists(row: Conversation) -> list[tuple[str, bool]]:
    return [
        (Facet.ALL, True),
        (Facet.UNREAD, row.unread > 0),
        (Facet.FILES, row.with_files),
        (Facet.UNREAD_FILES, row.unread > 0 and row.with_files),
    ]
