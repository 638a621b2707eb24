"""What templates show of the domain: addresses of pages, words for states, numbers as the guide writes them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from messaging.conversations import Opened
from messaging.domain.drafting import remaining, tick_of, waits_too_long
from messaging.domain.limits import REPLY_ATTACHMENT_BYTES, counted
from messaging.domain.model import Attachment, DraftRow, Party, RowSource, RowState
from messaging.domain.uploading import photos_among
from messaging.store import message_key
from messaging.web import words
from messaging.web.asking import key_text

_NBSP = "\N{NO-BREAK SPACE}"


class ConversationShown(Struct, frozen=True, kw_only=True):
    """A page of a conversation: where it goes on, and what its head says."""

    opened: Opened

    @property
    def here(self) -> str:
        """The address of the conversation."""
        return f"/messagerie/conversations/{self.opened.conversation.id}"

    @property
    def older(self) -> str | None:
        """The address of the page with older messages."""
        return f"{self.here}?{urlencode({'avant': key_text(self.opened.older)})}" if self.opened.older else None

    @property
    def newest(self) -> str:
        """The place of the newest message shown: what comes later is new."""
        return key_text(message_key(self.opened.messages[0])) if self.opened.messages else ""

    @property
    def head(self) -> str:
        """16 digits that change with what the head says: who may be answered, who ended, the draft."""
        opened = self.opened
        said = (opened.options, opened.ended, [(draft.id, draft.revision) for draft in opened.drafts])
        return sha256(msgspec.json.encode(said)).hexdigest()[:16]


class FilesShown(Struct, frozen=True, kw_only=True):
    """The files of a draft and the room that is left for more. `at` is when the page is made."""

    draft_id: str
    rows: tuple[DraftRow, ...]
    at: datetime

    @property
    def used(self) -> int:
        """Bytes that the files take."""
        return counted(self.rows)

    @property
    def left(self) -> int:
        """Bytes still free, never negative."""
        return max(0, remaining(self.rows))

    @property
    def most(self) -> int:
        """Bytes that all files may take."""
        return REPLY_ATTACHMENT_BYTES

    @property
    def waiting(self) -> bool:
        """Whether a file may still come by itself, so that the page asks again."""
        return any(row.state is RowState.PENDING and not self.late(row) for row in self.rows)

    def late(self, row: DraftRow) -> bool:
        """Whether to offer to ask again for this file."""
        return waits_too_long(row, self.at)

    @property
    def photos(self) -> int:
        """How many photos one PDF could hold."""
        return len(photos_among(self.rows))

    def percent(self, row: DraftRow) -> int:
        """How much of a file has come from the device."""
        return 100 * row.upload.received // row.upload.size if row.upload else 100

    def can_be_retried(self, row: DraftRow) -> bool:
        """Whether asking again may help: not for what the device must send again, nor for a wrong format."""
        if row.source is RowSource.UPLOAD:
            return self.late(row) and row.upload is not None and row.upload.complete
        return row.state is RowState.REFUSED or self.late(row)

    def refusal(self, row: DraftRow) -> str:
        """Why a file was refused, in words."""
        return words.ROW_REFUSALS.get(row.reason or "", words.ROW_REFUSED)


def shared_names(names: Iterable[str]) -> frozenset[str]:
    """The names that more than one professional bears: only their addresses tell them apart."""
    return frozenset(name for name, bearers in Counter(names).items() if bearers > 1)


class Tick(Struct, frozen=True):
    """A recipient that can be ticked."""

    value: str
    name: str
    ticked: bool


def ticks(everyone: Sequence[Party], chosen: Sequence[str]) -> list[Tick]:
    """Who may be answered, ticked when chosen."""
    return [Tick(tick_of(party.address), party.name, party.address in chosen) for party in everyone]


def initials(name: str) -> str:
    """At most two letters that stand for a person beside their message."""
    letters = [word[0] for word in name.split() if word[0].isalpha()]
    return "".join((letters[:1] + letters[-1:]) if len(letters) > 1 else letters).upper()


def names(parties: Sequence[Party]) -> str:
    """« Inaya Michel, Marie Chanteau »."""
    return ", ".join(party.name for party in parties)


_KINDS = {
    "application/pdf": "PDF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/tiff": "TIFF",
    "text/plain": "TXT",
    "text/rtf": "RTF",
    "application/rtf": "RTF",
}


def kind_of_file(attachment: Attachment) -> str:
    """The format in a word, as content tells it; else the ending of the name."""
    known = _KINDS.get(attachment.media_type)
    ending = attachment.filename.rpartition(".")[2].upper() if "." in attachment.filename else ""
    return known or (ending if ending.isalnum() and len(ending) <= 5 else "") or "fichier"
