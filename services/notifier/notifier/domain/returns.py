"""What a notice that came back says of the patient's address."""

import re
from datetime import datetime

from contracts.messaging import NoticeReturned
from contracts.notifier import ADDRESS_REFUSED, NoticeFailed
from notifier.domain.notices import Kind

RETURNED = "notice-returned"
_OF_THE_ADDRESS = re.compile(r"5\.[12]\.\d+")
"""RFC 3463 §3.2 and §3.3: the address, or the mailbox; not the way there, nor what was written."""


def failure_of(returned: NoticeReturned, kind: Kind, patient_id: str, at: datetime) -> NoticeFailed:
    """What is told of it. Only a status about the address or its mailbox speaks against the address."""
    refused = returned.status is not None and _OF_THE_ADDRESS.fullmatch(returned.status)
    return NoticeFailed(
        notice_id=returned.notice_id,
        patient_id=patient_id,
        kind=kind.value,
        channel="email",
        reason=ADDRESS_REFUSED if refused else RETURNED,
        failed_at=at,
    )
