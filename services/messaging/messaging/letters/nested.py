"""Messages in a letter that streams by: other patients' addresses in their header blocks too are masked in place.

A header block that says it is of a message, and a part without one (RFC 2046 §5.1.5), is followed by a message's
header block. The boundaries that a sender declares are not followed: where these are broken nothing is given away,
and at most a word too many is masked. What streams by keeps its length, so any range of it can be had and its size
is known before. In an attached message that its sender has encoded as a whole nothing is found here; decoded, it
is a file of the letter, and masked there.
"""

import re
from enum import Enum

from messaging.letters.masking import Mask
from messaging.letters.senders import MOST_HEADER_BYTES

MOST_MASKED = 1024 * 1024
"""Bytes of fields in which there may be addresses, in one letter; those over them are blank."""
_A_FIELD = 256
"""Bytes that each of them counts for besides: many small ones take longer than a large one."""
MOST_MESSAGES = 10_000
"""In one letter; what follows on so many is all taken for one header block."""
_TYPE = (
    rb"content-type[ \t]{0,9}:[ \t\r\n]{0,99}"
    rb"(?:message/(?:rfc822|global|partial)|(?:text|message)/(?:rfc822|global)-headers)(?![\w-])"
)
_BARE_PART = rb"--[^\r\n]{1,100}\r?\n(?=\r?\n[!-9;-~]{1,76}[ \t]{0,9}:)"
_BEGINS = re.compile(rb"(?i)\n(?:" + _TYPE + rb"|" + _BARE_PART + rb")")
_DECLARED = re.compile(rb"(?im)^" + _TYPE)
_REACH = 256
"""Bytes behind a place after which it is certain whether a message begins there."""
_BLANK_LINE = re.compile(rb"\n\r?\n")
_FIELDS = re.compile(rb"[^\n]*(?:\n[ \t][^\n]*)*\n?")
_BLANKS = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))


class Where(Enum):
    """What comes next."""

    BODY = "body"
    PART = "part"
    """The rest of the header block of a part that is a message."""
    MESSAGE = "message"
    """The header block of a message."""


def begins_with(head: bytes) -> Where:
    """What follows on this header block: a message's own where the whole is a message."""
    return Where.MESSAGE if _DECLARED.search(head) else Where.BODY


class NestedMask:
    """Give it the bytes in any pieces, `last` with the last; it gives as many back.

    It holds little more than 64 KiB of them, and takes time in proportion.
    """

    def __init__(self, mask: Mask, where: Where) -> None:
        self._mask = mask.anew()
        self._where = where
        self._holds_message = False
        self._messages = 0
        self._left = MOST_MASKED
        self._held = b"\n"
        """The byte that was given last, then those to come."""

    def feed(self, data: bytes, *, last: bool = False) -> bytes:
        """What can be given by now."""
        held, given, at = self._held + data, [], 1
        while at < len(held):
            end, then = self._stretch(held, at, last)
            if end <= at:
                break
            piece = held[at:end]
            given.append(self._masked(piece) if self._where is Where.MESSAGE else piece)
            self._where, at = then, end
        self._held = held[at - 1 :]
        return b"".join(given)

    def _stretch(self, held: bytes, at: int, last: bool) -> tuple[int, Where]:
        """Where that which begins at `at` ends as far as is certain, and what comes behind it."""
        if self._where is Where.BODY:
            certain = len(held) if last else len(held) - _REACH
            begins = _BEGINS.search(held, at - 1)
            return (begins.end(), Where.PART) if begins and begins.start() < certain else (certain, Where.BODY)
        if self._where is Where.PART:
            blank = _BLANK_LINE.search(held, at - 1)
            return (blank.end(), Where.MESSAGE) if blank else (len(held) - (not last), Where.PART)
        return self._header_block(held, at, last)

    def _header_block(self, held: bytes, at: int, last: bool) -> tuple[int, Where]:
        """All of it, or of a long one 64 KiB of whole lines: it goes on behind them."""
        most = at + MOST_HEADER_BYTES
        blank = _BLANK_LINE.search(held, at - 1, most + 2) if self._messages < MOST_MESSAGES else None
        if not blank and len(held) < most + 2 and not last:
            return at, Where.MESSAGE
        end = blank.end() if blank else len(held) if len(held) <= most else held.rfind(b"\n", at, most) + 1 or most
        declared = self._holds_message or bool(_DECLARED.search(held, at, end))
        self._holds_message = declared and not blank
        self._messages += bool(blank)
        return end, Where.MESSAGE if declared or not blank else Where.BODY

    def _masked(self, block: bytes) -> bytes:
        if not self._mask.may_reveal(block):
            return block
        return b"".join(self._field(found[0]) for found in _FIELDS.finditer(block))

    def _field(self, field: bytes) -> bytes:
        if not self._mask.may_reveal(field):
            return field
        self._left -= len(field) + _A_FIELD
        return self._mask.in_place(field) if self._left >= 0 else field.translate(_BLANKS)
