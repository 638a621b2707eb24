"""The header block's end, and the one sender in it: all that the door reads of a letter."""

from email import message_from_bytes

from messaging.domain.letter import Mailer
from messaging.letters.headers import fields, mailers
from messaging.letters.policy import BOUNDED

MOST_HEADER_BYTES = 64 * 1024


def header_end(head: bytes) -> int:
    """Where the header block ends, behind its blank line; -1 while it isn't in these first bytes."""
    if head.startswith(b"\r\n"):
        return 2
    crlf, bare = head.find(b"\r\n\r\n"), head.find(b"\n\n")
    ends = [end for end in (crlf + 4 if crlf >= 0 else -1, bare + 2 if bare >= 0 else -1) if end >= 0]
    return min(ends, default=-1)


def sender_in(header_block: bytes) -> Mailer | None:
    """The single address of the single `From` field, or None: the door refuses such a letter."""
    message = message_from_bytes(header_block, policy=BOUNDED)
    values = list(fields(message, "from"))
    if len(values) != 1:
        return None
    found = mailers(values)
    return found[0] if len(found) == 1 and values[0].count("@") >= 1 else None
