"""Sizes that one letter or one reply may have, in bytes unless said otherwise."""

from collections.abc import Iterable

from messaging.domain.errors import AttachmentsTooLarge
from messaging.domain.model import DraftRow, RowState

LETTER_BYTES = 25_000_000
"""A letter as received, MSSanté reference documents."""
REPLY_ATTACHMENT_BYTES = 10_000_000
"""All attachments of a reply together, guide p. "Je réponds à un message"."""
REPLY_CHARACTERS = 20_000


def counted(rows: Iterable[DraftRow]) -> int:
    """What the files of a draft take: real sizes, and the declared ones of those still waited for."""
    return sum(row.size for row in rows if row.state is not RowState.REFUSED)


def check_total(rows: Iterable[DraftRow], adding: int = 0) -> None:
    """Raises `AttachmentsTooLarge` when these files and `adding` bytes pass what a reply may carry."""
    total = counted(rows) + adding
    if total > REPLY_ATTACHMENT_BYTES:
        raise AttachmentsTooLarge(total, REPLY_ATTACHMENT_BYTES)
