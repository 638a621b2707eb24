"""What a notice is, what fixes its id and Message-ID, and from when it is pointless."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a notice tells."""

    CODE = "code"
    LETTER = "letter"
    DIGEST = "digest"
    """The letters of a day, for who wants one e-mail a day."""
    REMINDER = "reminder"
    """Letters that were not read for a week; said once."""
    REPLY = "reply"
    """A message of the patient's could not be delivered."""


GATHERED = (Kind.DIGEST, Kind.REMINDER)
"""Notices that tell of several letters, and wait for an evening."""
HOLDS = timedelta(hours=48)
"""A letter that is not announced by then is not announced any more; nor is anything else, but codes."""
REMIND_AFTER = timedelta(days=7)

_REASON_TOO_LATE = {Kind.CODE: "code-expired"}
_KEPT = {Kind.CODE: timedelta(days=1)}
_KEPT_LONG = timedelta(days=60)


def message_id(kind: Kind, source_id: str, domain: str) -> str:
    """The Message-ID of a notice, the same each time it is made for the same event.

    `source_id` is the letter's id or the code's event id; it does not show in the result.
    """
    digest = hashlib.sha256(f"{kind}|{source_id}".encode()).hexdigest()
    return f"<{digest[:40]}@{domain}>"


def notice_id(kind: Kind, *about: str) -> str:
    """The id of a notice that several events ask for, the same for all of them, shaped like the other ids."""
    digest = hashlib.sha256("|".join((kind, *about)).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-7{digest[12:15]}-8{digest[15:18]}-{digest[18:30]}"


def pointless_after(told_from: datetime) -> datetime:
    """From when a notice about something of that instant is dropped."""
    return told_from + HOLDS


def reason_too_late(kind: Kind) -> str:
    """The code of the reason why a notice past its time is dropped."""
    return _REASON_TOO_LATE.get(kind, "notice-too-old")


def kept_until(kind: Kind, queued_at: datetime) -> datetime:
    """When the row of a notice is deleted: a letter's outlives its browser view and every redelivery."""
    return queued_at + _KEPT.get(kind, _KEPT_LONG)
