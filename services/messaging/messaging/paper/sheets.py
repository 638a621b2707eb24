"""What stands in the PDF of a conversation: words alone, chosen before anything is typeset."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count

from msgspec import Struct
from msgspec.structs import replace

from chassis.i18n import Translate
from chassis.i18n import mark as _
from chassis.printable import STAND_IN, printed, unprinted
from messaging.domain.model import Attachment, Message
from messaging.letters.filenames import Taken, distinct, safe_name

MOST_ATTACHED = 60_000_000
"""Bytes of all files: typesetting holds them in memory, twice."""


class PrintedLetter(Struct, frozen=True, kw_only=True):
    """A message: who, when, to whom, what is to be said of it, its files' names, its words by paragraph."""

    sender: str
    sent: str
    recipients: str
    marks: tuple[str, ...]
    files_are: str
    files: tuple[str, ...]
    paragraphs: tuple[str, ...]


class AttachedFile(Struct, frozen=True, kw_only=True):
    """A file in the PDF under `name`; its bytes lie under `path` in the press's folder, `key` in the store."""

    name: str
    path: str
    media_type: str
    key: str


class Sheet(Struct, frozen=True, kw_only=True):
    """The whole document, as `conversation.typ` reads it."""

    title: str
    author: str
    language: str
    footer: str
    page_of: str
    dated: str
    notes: tuple[str, ...]
    letters: tuple[PrintedLetter, ...]
    attached: tuple[AttachedFile, ...]


class Manner(Struct, frozen=True, kw_only=True):
    """How things are said to this reader: the language, and dates and sizes in it."""

    language: str
    say: Translate
    moment: Callable[[datetime], str]
    size: Callable[[int], str]


def sheet_of(
    messages: Sequence[Message], owner: str, service: str, manner: Manner, *, at: datetime, cut: bool = False
) -> Sheet:
    """The document of these messages, newest first as on the page. `cut`: there are older ones.

    What the fonts lack is replaced by a sign, and the document says so.
    """
    say, proof = manner.say, _Proof()
    attached = _attached(messages)
    sheet = Sheet(
        title=proof.printed(messages[-1].subject) or say(_("Sans objet")),
        author=proof.printed(owner),
        language=manner.language,
        footer=proof.printed(say(_("%(service)s, messagerie de %(name)s")) % {"service": service, "name": owner}),
        page_of=say(_("Page {page} sur {pages}")),
        dated=say(_("Document préparé le %(when)s")) % {"when": manner.moment(at)},
        notes=(say(CUT) % {"most": len(messages)},) if cut else (),
        letters=tuple(_letter(message, attached[message.id], manner, proof) for message in messages),
        attached=tuple(file for files in attached.values() for file in files),
    )
    if not proof.lacks:
        return sheet
    return replace(sheet, notes=(*sheet.notes, say(UNPRINTED) % {"sign": STAND_IN}))


CUT = _("Seuls les %(most)s messages les plus récents figurent ici.")
UNREAD = _("Ce message n'a pas pu être lu en entier. La lettre d'origine est dans la messagerie.")
EMPTY = _("Ce message ne contient pas de texte.")
UNPRINTED = _(
    "Certains caractères ne peuvent pas être imprimés et sont remplacés par %(sign)s. Vous les retrouvez dans la"
    " messagerie et dans les lettres d'origine."
)


class _Proof:
    """Texts as the fonts print them, and whether any of them lacks something then."""

    def __init__(self) -> None:
        self.lacks = False

    def printed(self, text: str) -> str:
        self.lacks = self.lacks or bool(unprinted(text))
        return printed(text)


def _letter(message: Message, files: Sequence[AttachedFile], manner: Manner, proof: _Proof) -> PrintedLetter:
    say = manner.say
    names = ", ".join(party.name for party in message.recipients)
    sizes = [manner.size(file.size) for file in message.attachments]
    return PrintedLetter(
        sender=proof.printed(message.sender.name),
        sent=manner.moment(message.at),
        recipients=proof.printed(say(_("À %(names)s")) % {"names": names}),
        marks=tuple(map(say, _marks(message))),
        files_are=say(_("Documents attachés")),
        files=tuple(f"{proof.printed(file.name)} ({size})" for file, size in zip(files, sizes, strict=True)),
        paragraphs=tuple(proof.printed(plain_words(message, say)).split("\n\n")),
    )


def _marks(message: Message) -> list[str]:
    marks = [_("Expéditeur extérieur au service")] if message.resembles_service else []
    return [*marks, UNREAD] if message.incomplete else marks


def plain_words(message: Message, say: Translate) -> str:
    """What a message says where only text can be shown; that it says nothing, where it was read in full."""
    text = message.text.strip().replace("\t", "    ").replace("\r", "")
    return text or ("" if message.incomplete else say(EMPTY))


def _attached(messages: Sequence[Message]) -> dict[str, list[AttachedFile]]:
    """The files by their message's id, each name once in the whole document."""
    taken: Taken = {}
    numbers = count(1)
    return {
        message.id: [_attachment(next(numbers), file, taken) for file in message.attachments]
        for message in messages
    }


def _attachment(number: int, file: Attachment, taken: Taken) -> AttachedFile:
    name = distinct(safe_name(file.filename, number, ".bin"), taken)
    return AttachedFile(name=name, path=str(number), media_type=file.media_type, key=file.object_key)
