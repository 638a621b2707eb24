"""Where a notice comes back to, and what it says of the patient's address when it does or is refused."""

import hmac
import re
from collections.abc import Iterable
from datetime import datetime

from contracts.messaging import NoticeReturned
from contracts.notifier import ADDRESS_REFUSED, NoticeFailed
from notifier.domain.notices import Kind

RETURNED = "notice-returned"
PROOF_DIGITS = 16
"""64 bits: too many to guess at the door, few enough for the 64 characters before an @ (RFC 5321 §4.5.3.1.1)."""
_PURPOSE = b"pli notice return v1"
_OF_THE_ADDRESS = re.compile(r"5\.(?:1\.(?![789]$)|2\.(?!3$))\d+")
"""RFC 3463 §3.2 and §3.3: the address, or the mailbox; not the way there, nor what was written. Of these, 5.1.7 to
5.1.9 are about the sender, or the next server (RFC 3886), and 5.2.3 is about the notice's size."""
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")


def return_key(secret: bytes) -> bytes:
    """A key for return addresses alone, drawn from the service's secret (32 bytes)."""
    return hmac.digest(secret, _PURPOSE, "sha256")


def return_address(key: bytes, notice_id: str, domain: str) -> str:
    """The envelope sender of a notice. Its id alone would not do: a letter's sender knows that from our 250."""
    return f"retour+{notice_id}.{_proof(key, notice_id)}@{domain}"


def is_proven(keys: Iterable[bytes], notice_id: str, proof: str | None) -> bool:
    """Whether a report came to an address that we made for this notice, with one of these keys."""
    return proof is not None and any(hmac.compare_digest(_proof(key, notice_id), proof) for key in keys)


def _proof(key: bytes, notice_id: str) -> str:
    return hmac.digest(key, notice_id.encode(), "sha256").hex()[:PROOF_DIGITS]


def may_come_back(state: str, channel: str | None) -> bool:
    """Whether a notice in this state may have gone by e-mail.

    One that is to be tried again may: a relay that was cut behind DATA has it, perhaps. A proven report says so.
    """
    return state == "queued" or (state == "sent" and channel == "email")


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
