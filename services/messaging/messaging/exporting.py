"""A conversation to take away: one ZIP of its words, its original letters and their files, made as it streams."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import ClassVar, Protocol
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from msgspec import Struct
from msgspec.structs import replace

from chassis.i18n import mark as _
from messaging.domain.errors import MessagingError
from messaging.domain.model import Message, MessageKind
from messaging.letters.filenames import Taken, distinct, safe_name
from messaging.paper.sheets import MOST_ATTACHED

MOST_MESSAGES = 500
MOST_BYTES = 500_000_000

Clock = Callable[[datetime], datetime]


class ExportTooLarge(MessagingError):
    """The conversation passes what one file may carry: `MOST_BYTES`."""

    code = "export-too-large"
    status = 413
    sentence = _("Cette conversation est trop volumineuse pour être téléchargée en un seul fichier.")
    next_step = _("Vous pouvez télécharger chaque pièce jointe depuis son message.")


class TooMuchForPaper(MessagingError):
    """The files of a conversation pass what its PDF may carry: `MOST_ATTACHED`."""

    code = "too-much-for-paper"
    status = 413
    sentence = _("Les pièces jointes de cette conversation sont trop volumineuses pour un PDF.")
    next_step = _("Vous pouvez télécharger la conversation en ZIP, ou l'imprimer.")


class Source(Protocol):
    """Where the bytes of a conversation lie."""

    def file(self, key: str) -> AsyncIterator[bytes]:
        """A file of a message."""
        ...

    def letter(self, raw_key: str) -> AsyncIterator[bytes]:
        """A letter as received, as its patient may have it."""
        ...


class Entry(Struct, frozen=True, kw_only=True):
    """One file of the ZIP: its name there, and its words, or the key of a file or of a letter."""

    name: str
    at: datetime
    words: str | None = None
    key: str | None = None
    letter_key: str | None = None


def check_size(messages: Sequence[Message]) -> None:
    """Raises `ExportTooLarge`."""
    total = _attached_bytes(messages) + sum(message.size for message in messages)
    if total > MOST_BYTES:
        raise ExportTooLarge(f"{total} bytes, at most {MOST_BYTES}")


def check_fits_paper(messages: Sequence[Message]) -> None:
    """Raises `TooMuchForPaper`."""
    total = _attached_bytes(messages)
    if total > MOST_ATTACHED:
        raise TooMuchForPaper(f"{total} bytes, at most {MOST_ATTACHED}")


def _attached_bytes(messages: Sequence[Message]) -> int:
    return sum(file.size for message in messages for file in message.attachments)


def entries_of(messages: Sequence[Message], all_words: str, clock: Clock) -> list[Entry]:
    """What the ZIP holds, a folder a message, oldest first. `messages` are newest first and not none.

    `clock` gives an instant as its reader's clock shows it, for the names and times in the ZIP. Every name is only
    a name, and no two are the same on any system.
    """
    entries = [Entry(name="conversation.txt", at=clock(messages[0].at), words=all_words)]
    folders: Taken = {}
    for number, message in enumerate(reversed(messages), 1):
        folder = distinct(_folder(number, message, clock(message.at)), folders)
        entries += [
            replace(entry, name=f"{folder}/{entry.name}") for entry in _of_message(message, clock(message.at))
        ]
    return entries


def _folder(number: int, message: Message, at: datetime) -> str:
    name = safe_name(message.sender.name[:60], number, "").replace(".", " ").strip()
    return f"{number:03d} {at:%Y-%m-%d} {name}"


def _of_message(message: Message, at: datetime) -> list[Entry]:
    taken: Taken = {}
    found = []
    if message.raw_key and message.kind is MessageKind.LETTER:
        found.append(Entry(name=distinct("lettre.eml", taken), at=at, letter_key=message.raw_key))
    else:
        found.append(Entry(name=distinct("message.txt", taken), at=at, words=message.text))
    for number, file in enumerate(message.attachments, 1):
        name = distinct(safe_name(file.filename, number, ".bin"), taken)
        found.append(Entry(name=name, at=at, key=file.object_key))
    return found


async def zipped(entries: Sequence[Entry], source: Source) -> AsyncIterator[bytes]:
    """The ZIP, never more of it in memory than one chunk. Raises what reading the bytes raises."""
    pipe = _Pipe()
    with ZipFile(pipe, "w", ZIP_STORED) as archive:  # type: ignore[call-overload]
        for entry in entries:
            with archive.open(_info(entry), "w") as file:
                async for chunk in _content(entry, source):
                    file.write(chunk)
                    yield pipe.taken()
        yield pipe.taken()
    yield pipe.taken()


async def _content(entry: Entry, source: Source) -> AsyncIterator[bytes]:
    if entry.words is not None:
        yield entry.words.replace("\n", "\r\n").encode("utf-8-sig", "replace")
    if entry.key is not None:
        async for chunk in source.file(entry.key):
            yield chunk
    if entry.letter_key is not None:
        async for chunk in source.letter(entry.letter_key):
            yield chunk


def _info(entry: Entry) -> ZipInfo:
    at = max(entry.at, _FIRST_OF_ZIP.replace(tzinfo=entry.at.tzinfo))
    info = ZipInfo(entry.name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    info.external_attr = 0o600 << 16
    return info


_FIRST_OF_ZIP = datetime(1980, 1, 1)  # noqa: DTZ001 - the format knows no zones


class _Pipe:
    """What a ZIP is written into: it can't be gone back in, and is emptied as it is filled."""

    closed: ClassVar[bool] = False

    def __init__(self) -> None:
        self._kept = bytearray()

    def write(self, data: bytes) -> int:
        """Keep until taken."""
        self._kept += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def taken(self) -> bytes:
        """What was written since."""
        taken, self._kept = bytes(self._kept), bytearray()
        return taken
