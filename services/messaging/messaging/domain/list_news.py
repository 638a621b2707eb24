"""What became of the list since a page showed it: a list that is being read does not move by itself."""

from collections.abc import Sequence
from enum import Enum, auto
from zlib import crc32

from msgspec import Struct


class News(Enum):
    """What a page has to do about its list."""

    NONE = auto()
    IN_PLACE = auto()
    """Rows say something else, and none has moved: they may be shown as they are now."""
    MOVED = auto()
    """Rows came, went or changed places: shown when the person asks for it."""


class Look(Struct, frozen=True, kw_only=True):
    """The list as a page shows it: how many letters had come, which rows it has in what order, what they say.

    As text it is part of an address, so it holds digests and no ids.
    """

    letters: int
    rows: int
    order: int
    says: int

    def __str__(self) -> str:
        return f"{self.letters}.{self.rows}.{self.order:x}.{self.says:x}"


def look_of(ids: Sequence[str], letters: int, *says: object) -> Look:
    """How a list with these rows looks; `says` is all that changes when a row says something else."""
    return Look(letters=letters, rows=len(ids), order=_digest(ids), says=_digest(says))


def read_look(text: str | None) -> Look | None:
    """What `str` of a look has written; None for anything else."""
    try:
        letters, rows, order, says = (text or "")[:60].split(".")
        return Look(letters=int(letters), rows=int(rows), order=int(order, 16), says=int(says, 16))
    except ValueError:
        return None


def news_since(before: Look, now: Look, *, narrowed: bool) -> News:
    """What became of the list. In one that filters narrow, a letter that changes no row concerns nobody."""
    if before == now:
        return News.NONE
    if before.rows == 0:
        return News.IN_PLACE
    came = now.letters > before.letters and not narrowed
    return News.MOVED if came or now.order != before.order else News.IN_PLACE


def letters_since(before: Look, now: Look) -> int:
    """How many letters came."""
    return max(0, now.letters - before.letters)


def _digest(parts: Sequence[object]) -> int:
    return crc32("\n".join(map(str, parts)).encode())
