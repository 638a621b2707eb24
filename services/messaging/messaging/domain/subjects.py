"""Subjects: shown and compared without the prefixes that mail programs put in front."""

import re
import unicodedata
from hashlib import sha256

from messaging.domain.names import clean_line

LONGEST = 250
END_MARK = "[FIN]"
_PREFIX = re.compile(
    r"\s*(?:(?:re|ré|rép|rep|tr|fw|fwd|aw|wg|sv|ref)\s*(?:\[\d+\]|\(\d+\))?\s*:"
    r"|xdm/1\.0/ddm(?:\+|\s*:|\s|$))\s*",
    re.IGNORECASE,
)


def shown_subject(subject: str) -> str:
    """A subject on one line without `Re:`, `Tr:`, `XDM/1.0/DDM+`, however many; it may be empty."""
    left = clean_line(subject, 2_000)
    while match := _PREFIX.match(left):
        left = left[match.end() :]
    return clean_line(left, LONGEST)


def is_end_mark(subject: str) -> bool:
    """Whether a mail is only there to end the exchange: its subject is exactly `[FIN]`."""
    return subject.strip() == END_MARK


def thread_key(sender: str, subject: str) -> str | None:
    """What ties letters without references: same sender, same subject once stripped. None without subject."""
    folded = unicodedata.normalize("NFC", shown_subject(subject)).casefold()
    if not folded:
        return None
    return sha256(f"{sender}\n{folded}".encode()).hexdigest()[:32]
