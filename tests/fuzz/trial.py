"""One spoiled letter through all that is read of letters: what has to hold whatever it is."""

import re
from enum import StrEnum

import bson

from messaging.domain.letter import Letter
from messaging.letters import read_letter
from messaging.letters.masking import Mask
from messaging.letters.nested import NestedMask, Where
from messaging.letters.reading import read_whole
from messaging.letters.reports import read_report
from messaging.letters.runs import Tangled
from messaging.letters.structured import Reads, read_structured
from tests.messaging.mail.copying import DOMAIN, OWN, copy

ID = "01990000-0000-7000-8000-000000000000"
_RUNS = re.compile(r"(?i)<(?:script|iframe|object|form|style|link|meta|base|svg)\b|\son[a-z]+\s*=|javascript:")
_LOADS = re.compile(r"(?i)\bsrc\s*=\s*(?![\"']?cid:)")


class Outcome(StrEnum):
    """What became of a letter: read in full, in part, or only as raw text with its original."""

    WHOLE = "whole"
    PART = "part"
    BARE = "bare"


class Broken(AssertionError):
    """A promise of the reader is broken."""


def tried(raw: bytes) -> Outcome:
    """Read a letter in every way. Raises `Broken`, or whatever the reader raised."""
    try:
        letter = read_whole(raw, ID)  # without the net below it, which would hide what it stumbles over
        outcome = Outcome.PART if letter.incomplete else Outcome.WHOLE
    except Tangled:
        letter, outcome = read_letter(raw, ID), Outcome.BARE
    _check(letter, raw)
    read_report(raw, null_sender=True)
    copy(raw)
    if len(NestedMask(Mask(OWN, DOMAIN), Where.MESSAGE).feed(raw, last=True)) != len(raw):
        raise Broken("masked in place, and not as long as it was")
    for part in letter.parts[:20]:
        if part.reads in (Reads.XDM, Reads.CDA):
            repr(read_structured(part.content, Reads(part.reads), part.filename))
        elif part.reads == Reads.MESSAGE:
            read_letter(part.content, part.id)
    return outcome


def _check(letter: Letter, raw: bytes) -> None:
    if not (
        letter.text or letter.html or letter.parts or letter.invitations or letter.incomplete or _is_empty(raw)
    ):
        raise Broken("nothing is shown, and nothing says that something is missing")
    names = [part.filename for part in letter.parts]
    bson.encode({"all": [letter.subject, letter.text, letter.html or "", *names]})
    html = letter.html or ""
    tags = "".join(re.findall(r"<[^>]*>", html))
    if _RUNS.search(tags) or _LOADS.search(tags):
        raise Broken("HTML that runs or loads something")
    if len({name.casefold() for name in names}) < len(names) or any("/" in name or not name for name in names):
        raise Broken("file names that are not names")


def _is_empty(raw: bytes) -> bool:
    """Whether there is nothing in it that could be shown: no body, or only white space and empty tags."""
    body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)
    return len(body) < 2 or not re.sub(rb"<[^>]*>|\s|=|--?|[\x00-\x20]", b"", body[1]) or b"multipart" in raw
