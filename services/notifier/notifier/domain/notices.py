"""What a notice is, what fixes its Message-ID, and from when it is pointless."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a notice tells."""

    CODE = "code"
    LETTER = "letter"


LETTER_HOLDS = timedelta(hours=48)
"""A letter that is not announced by then is not announced any more."""

_REASON_TOO_LATE = {Kind.CODE: "code-expired", Kind.LETTER: "notice-too-old"}
_KEPT = {Kind.CODE: timedelta(days=1), Kind.LETTER: timedelta(days=60)}


def message_id(kind: Kind, source_id: str, domain: str) -> str:
    """The Message-ID of a notice, the same each time it is made for the same event.

    `source_id` is the letter's id or the code's event id; it does not show in the result.
    """
    digest = hashlib.sha256(f"{kind}|{source_id}".encode()).hexdigest()
    return f"<{digest[:40]}@{domain}>"


def letter_pointless_after(received_at: datetime) -> datetime:
    """From when the announcement of a letter is dropped."""
    return received_at + LETTER_HOLDS


def reason_too_late(kind: Kind) -> str:
    """The code of the reason why a notice past its time is dropped."""
    return _REASON_TOO_LATE[kind]


def kept_until(kind: Kind, queued_at: datetime) -> datetime:
    """When the row of a notice is deleted: a letter's outlives its browser view and every redelivery."""
    return queued_at + _KEPT[kind]
