"""What stands in the PDF of a conversation: words alone, chosen before anything is typeset."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from chassis.i18n import mark as _
from chassis.printable import STAND_IN, printed
from messaging.domain.model import Attachment, Message
from messaging.letters.filenames import distinct, safe_name

MOST_ATTACHED = 60_000_000
"""Bytes of all files: typesetting holds them in memory, twice."""

Translate = Callable[[str], str]


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
    say = manner.say
    letters = tuple(_letter(message, manner) for message in messages)
    notes = [say(CUT) % {"most": len(messages)}] if cut else []
    if any(_lacks(message) for message in messages):
        notes.append(say(UNPRINTED) % {"sign": STAND_IN})
    return Sheet(
        title=printed(messages[-1].subject) or say(_("Sans objet")),
        author=printed(owner),
        language=manner.language,
        footer=printed(say(_("%(service)s, messagerie de %(name)s")) % {"service": service, "name": owner}),
        page_of=say(_("Page {page} sur {pages}")),
        dated=say(_("Document préparé le %(when)s")) % {"when": manner.moment(at)},
        notes=tuple(notes),
        letters=letters,
        attached=_attached(messages),
    )


CUT = _("Seuls les %(most)s messages les plus récents figurent ici.")
UNPRINTED = _(
    "Certains caractères ne peuvent pas être imprimés et sont remplacés par %(sign)s. Vous les retrouvez dans la"
    " messagerie et dans les lettres d'origine."
)


def _letter(message: Message, manner: Manner) -> PrintedLetter:
    say = manner.say
    text = message.text.strip() or say(_("Ce message ne contient pas de texte."))
    names = ", ".join(party.name for party in message.recipients)
    return PrintedLetter(
        sender=printed(message.sender.name),
        sent=manner.moment(message.at),
        recipients=printed(say(_("À %(names)s")) % {"names": names}),
        marks=(say(_("Expéditeur extérieur au service")),) if message.resembles_service else (),
        files_are=say(_("Documents attachés")),
        files=tuple(f"{printed(file.filename)} ({manner.size(file.size)})" for file in message.files),
        paragraphs=tuple(printed(text.replace("\t", "    ")).split("\n\n")),
    )


def _lacks(message: Message) -> bool:
    whole = "".join((message.subject, message.sender.name, message.text.replace("\t", " ").replace("\r", "")))
    return STAND_IN in printed(whole)


def _attached(messages: Sequence[Message]) -> tuple[AttachedFile, ...]:
    taken: set[str] = set()
    files = [file for message in messages for file in message.attachments]
    return tuple(_attachment(number, file, taken) for number, file in enumerate(files, 1))


def _attachment(number: int, file: Attachment, taken: set[str]) -> AttachedFile:
    name = distinct(safe_name(file.filename, number, ".bin"), taken)
    return AttachedFile(name=name, path=str(number), media_type=file.media_type, key=file.object_key)
