"""What a walk through a letter's parts has found so far, and where every byte of them went."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from messaging.domain.invitations import Invitation
from messaging.domain.signatures import Signature
from messaging.domain.structured import Identifier
from messaging.letters.filenames import Taken, distinct
from messaging.letters.structured import Reads

MOST_PARTS = 1_000
"""Parts of a letter that are walked, and files that are kept of it, wherever they were found."""
MOST_INSIDE = 40_000_000
"""Bytes of files inside other files that become files of their own; the others stay inside."""
MOST_CALENDAR = 256 * 1024
"""Bytes of calendars that are looked through in a letter; the others are files, of which nothing is said."""
LONGEST_TEXT = 200_000
"""Characters of text that a letter shows, all its parts together."""
LONGEST_HTML = 2_000_000
"""Characters of HTML that a letter shows, all its parts together."""


class Fate(StrEnum):
    """Where the decoded bytes of a part went: nothing of a letter is anywhere else."""

    SHOWN = "shown"
    FILE = "file"
    OTHER_VERSION = "other-version"
    """The plain text beside the same in HTML: searched and quoted, shown where the HTML does not say as much."""
    WRAPPER = "wrapper"
    """A package whose contents are all shown or files themselves (winmail.dat, an opaque signature)."""
    CUT = "cut"
    """Left out for its size or its number: the letter is incomplete and its original tells."""


@dataclass
class File:
    """A part to keep as a file. `inside` is the number of the file that it was found in."""

    name: str
    media_type: str
    content: bytes
    content_id: str = ""
    inside: int | None = None
    reads: Reads | None = None
    patient_ids: tuple[Identifier, ...] = ()


@dataclass
class Body:
    """Words of a letter, as text, as HTML, or the same as both.

    `size` are the bytes that are counted as shown for the text. `differs`: the text says more than the HTML.
    """

    text: str = ""
    html: str = ""
    size: int = 0
    differs: bool = False


@dataclass
class Found:
    """`bodies` and `files` in their order.

    `incomplete` says that something was left out; `vanished`, that a part was not blank and gave nothing to show.
    """

    bodies: list[Body] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)
    signature: Signature | None = None
    names: Taken = field(default_factory=dict)
    incomplete: bool = False
    vanished: bool = False
    seen: int = 0
    bytes_by_fate: Counter[Fate] = field(default_factory=Counter)
    text_left: int = LONGEST_TEXT
    html_left: int = LONGEST_HTML
    inside_left: int = MOST_INSIDE
    calendar_left: int = MOST_CALENDAR

    def counts(self, fate: Fate, size: int) -> None:
        """Note where bytes went."""
        self.bytes_by_fate[fate] += size

    def is_other_version(self, size: int) -> None:
        """Note that bytes which were counted as shown stand beside the same words in HTML."""
        if size:
            self.bytes_by_fate[Fate.SHOWN] -= size
            self.bytes_by_fate[Fate.OTHER_VERSION] += size

    def add_text(self, text: str) -> str:
        """As much of a text as there is room for; the rest makes the letter incomplete."""
        kept = text[: self.text_left]
        self.incomplete |= len(kept) < len(text)
        self.text_left -= len(kept)
        return kept

    def add_html(self, html: str) -> str:
        """As much of HTML as there is room for."""
        kept = html[: self.html_left]
        self.incomplete |= len(kept) < len(html)
        self.html_left -= len(kept)
        return kept

    def has_room_inside(self, size: int) -> bool:
        """Whether one more file inside another may be kept by itself; if so, its room is taken."""
        if size > self.inside_left or not self.has_room_for(1):
            return False
        self.inside_left -= size
        return True

    def has_room_for_calendar(self, size: int) -> bool:
        """Whether one more calendar may be looked through; if so, its room is taken."""
        if size > self.calendar_left:
            return False
        self.calendar_left -= size
        return True

    def has_room_for(self, count: int) -> bool:
        """Whether so many more files may be kept."""
        return len(self.files) + count <= MOST_PARTS

    def add_file(self, file: File) -> int | None:
        """Keep a file under a name of its own; its number. None for want of room: the letter is incomplete."""
        if not self.has_room_for(1):
            self.incomplete = True
            return None
        file.name = distinct(file.name, self.names)
        self.files.append(file)
        return len(self.files) - 1
