"""What is shown of a draft's files while it is being written."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from messaging.domain.limits import REPLY_ATTACHMENT_BYTES, counted
from messaging.domain.model import DraftRow, RowState

ROWS_AT_MOST = 50
"""Files of one message."""
UNDO_FOR = timedelta(days=1)
"""For this long a draft that was thrown away can be taken back."""
BLANK_FOR = timedelta(hours=1)
"""A draft with neither text nor file that nobody came back to goes by itself after this long."""
PATIENCE = timedelta(seconds=60)
"""After this long without an answer, the page offers to ask again or to take the file off."""


def remaining(rows: Sequence[DraftRow]) -> int:
    """Bytes still free for files; negative when the real sizes passed the limit."""
    return REPLY_ATTACHMENT_BYTES - counted(rows)


def waits_too_long(row: DraftRow, at: datetime) -> bool:
    """Whether a file has been waited for so long that the patient should be asked."""
    since = row.upload.touched_at if row.upload else row.requested_at
    return row.state is RowState.PENDING and at - since > PATIENCE


def tick_of(address: str) -> str:
    """16 digits that stand for a recipient in a page: patients read names, not professionals' addresses."""
    return sha256(address.encode()).hexdigest()[:16]
