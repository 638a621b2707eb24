"""What a notice that came back, or was refused, says of the patient's address."""

import re
from datetime import datetime

from contracts.messaging import NoticeReturned
from contracts.notifier import ADDRESS_REFUSED, NoticeFailed
from notifier.domain.notices import Kind

RETURNED = "notice-returned"
_OF_THE_ADDRESS = re.compile(r"5\.(?:1\.(?![789]$)|2\.(?!3$))\d+")
"""RFC 3463 §3.2 and §3.3: the address, or the mailbox; not the way there, nor what was written. Of these, 5.1.7 to
5.1.9 are about the sender, or the next server (RFC 3886), and 5.2.3 is about the notice's size."""
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")


def enhanced_status(answer: str) -> str | None:
    """The status with which the text of an SMTP answer begins (RFC 2034 §4), None if it has none."""
    found = _ENHANCED.match(answer)
    return found[0] if found else None


def speaks_against_address(status: str | None) -> bool:
    """Whether a status (RFC 3463) says that the address takes no messages, whatever is sent there."""
    return status is not None and _OF_THE_ADDRESS.fullmatch(status) is not None


def failure_of(returned: NoticeReturned, kind: Kind, patient_id: str, at: datetime) -> NoticeFailed:
    """What is told of it. Only a status about the address or its mailbox speaks against the address."""
    return NoticeFailed(
        notice_id=returned.notice_id,
        patient_id=patient_id,
        kind=kind.value,
        channel="email",
        reason=ADDRESS_REFUSED if speaks_against_address(returned.status) else RETURNED,
        failed_at=at,
    )
