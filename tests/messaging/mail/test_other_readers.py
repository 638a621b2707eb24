"""Our reading of the odd letters beside two others': the standard library's modern one, and mail-parser's.

Where they differ, the difference has been looked at and is named here with its reason; a new one fails.
"""

import warnings
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, NamedTuple

import mailparser
import pytest

from messaging.domain.letter import Letter
from messaging.letters import read_letter
from tests.messaging.corpus import LETTERS

ID = "01990000-0000-7000-8000-000000000000"
LABEL = "we tell the encoding by the bytes where the label is wrong, unknown or missing"
CODE = "we see that what is called base64 is none; they decode words to noise"
FLOWED = "they leave the soft line breaks of RFC 3676 in"
BROKEN = "we show the text of a multipart whose boundary is never found; they find nothing"
NAMES = "we give files of one name a number"
UNNAMED = "we name what has no name"
INSIDE = (
    "we open what is inside a winmail.dat, a signature, an attached message, an archive; they list the wrapper"
)
NUL = "we leave out what no page can show; the original keeps it"
HTML = "we make words of HTML alone; they want to be asked for the HTML"
ORDER = "we show all words in their order; the standard library takes one body, mail-parser two lists"
SENDER = "two From fields are no sender: the door refuses such a letter"
NOTHING = "where there is nothing to read they raise an error"
WHOLE = "to the standard library a letter that is a file has no attachment"
DEEP = "the standard library calls an inner multipart an attachment"


class Known(NamedTuple):
    """Why we read a letter otherwise, and in what the two others differ from us."""

    why: str
    standard: str
    other: str


KNOWN: dict[str, Known] = {
    "8-bit headers in cp1252": Known(LABEL, "subject", "subject"),
    "cp1252 called utf-8": Known(LABEL, "words", "words"),
    "utf-8 called cp1252": Known(LABEL, "words", "words"),
    "mac-roman called iso-8859-1": Known(LABEL, "words", "words"),
    "cp850 without a label": Known(LABEL, "words", "words"),
    "cyrillic without a label": Known(LABEL, "words", "words"),
    "a character set nobody knows": Known(LABEL, "words", "words"),
    "words called base64": Known(CODE, "words", "words"),
    "flowed": Known(FLOWED, "words", "words"),
    "flowed with DelSp": Known(FLOWED, "words", "words"),
    "no body but a file": Known(NOTHING, "words", ""),
    "a file as the whole letter": Known(WHOLE, "files words", ""),
    "winmail.dat": Known(INSIDE, "files", "files"),
    "winmail.dat with the words": Known(INSIDE, "files words", "files words"),
    "an invitation": Known(UNNAMED, "files", "files"),
    "an invitation twice": Known(UNNAMED, "files", "files"),
    "a boundary that isn't there": Known(BROKEN, "words", "words"),
    "no boundary": Known(BROKEN, "words", "words"),
    "200 files": Known(NAMES, "files", "files"),
    "deep nesting": Known(DEEP, "files", ""),
    "NUL bytes": Known(NUL, "subject words", "subject words"),
    "a nested message": Known(INSIDE, "files", "files words"),
    "a nested message in base64": Known(INSIDE, "files", "files words"),
    "signed, opaque": Known(INSIDE, "files words", "files words"),
    "files of one name": Known(NAMES, "files", "files"),
    "an inline picture": Known(HTML, "words", "words"),
    "text after a file": Known(ORDER, "files words", ""),
    "HTML and text in turn": Known(ORDER, "words", "words"),
    "a structured document with a PDF": Known(INSIDE, "files", "files"),
    "only HTML": Known(HTML, "words", "words"),
    "two From": Known(SENDER, "sender", "sender"),
    "no headers": Known(NOTHING, "sender", "sender"),
    "nothing": Known(NOTHING, "sender", "sender"),
}


def _words(text: str) -> list[str]:
    return text.split()


def ours(letter: Letter) -> dict[str, Any]:
    return {
        "subject": _words(letter.subject),
        "sender": letter.sender.address if letter.sender else "",
        "words": _words(letter.text),
        "files": sorted(part.filename for part in letter.parts),
    }


def standard(raw: bytes) -> dict[str, Any]:
    """What `email` with `policy.default` makes of it."""
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return {
        "subject": _words(_tried(lambda: str(message["subject"] or ""))),
        "sender": _tried(lambda: str(message["from"].addresses[0].addr_spec).lower()),
        "words": _words(_tried(lambda: message.get_body(("plain",)).get_content())),  # type: ignore[union-attr]
        "files": sorted(_names(message)),
    }


def _names(message: EmailMessage) -> list[str]:
    return [part.get_filename() or "" for part in message.iter_attachments()] if message.is_multipart() else []


def other(raw: bytes) -> dict[str, Any]:
    """What mail-parser makes of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mailparser.parse_from_bytes(raw)
    return {
        "subject": _words(_tried(lambda: found.subject or "")),
        "sender": _tried(lambda: str(found.from_[0][1]).lower()),
        "words": _words(_tried(lambda: "\n".join(found.text_plain))),
        "files": sorted(one["filename"] for one in found.attachments),
    }


def _tried(read: Any) -> Any:
    try:
        return read()
    except Exception as error:  # it is part of what is looked at that the others stumble
        return f"{type(error).__name__}"


def differing(mine: dict[str, Any], theirs: dict[str, Any]) -> set[str]:
    return {what for what in mine if mine[what] != theirs[what]}


@pytest.mark.parametrize("name", LETTERS)
def test_where_the_standard_library_reads_otherwise_is_known(name: str) -> None:
    found = differing(ours(read_letter(LETTERS[name], ID)), standard(LETTERS[name]))
    assert found == set(KNOWN[name].standard.split() if name in KNOWN else ())


@pytest.mark.parametrize("name", LETTERS)
def test_where_mail_parser_reads_otherwise_is_known(name: str) -> None:
    found = differing(ours(read_letter(LETTERS[name], ID)), other(LETTERS[name]))
    assert found == set(KNOWN[name].other.split() if name in KNOWN else ())
