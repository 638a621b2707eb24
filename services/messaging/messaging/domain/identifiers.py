"""Ids that follow from what they name, so that the same thing made twice is one."""

from datetime import UTC, datetime
from hashlib import sha256


def derived_id(patient_id: str, *words: str) -> str:
    """An id in UUIDv7's form: the patient's instant, then a digest of the patient and `words`."""
    digest = sha256("\n".join((patient_id, *words)).encode()).hexdigest()
    variant = "89ab"[int(digest[3], 16) % 4]
    return f"{patient_id[:13]}-7{digest[:3]}-{variant}{digest[4:7]}-{digest[7:19]}"


def fingerprint(patient_id: str, envelope_sender: str, content_sha256: str) -> str:
    """What two copies of the same letter in one mailbox share: architecture, promise 1."""
    return sha256(f"{patient_id}\n{envelope_sender.lower()}\n{content_sha256}".encode()).hexdigest()


def instant_of(uuid7: str) -> datetime:
    """The instant a UUIDv7 was made, in whole milliseconds."""
    return datetime.fromtimestamp(int(uuid7[:8] + uuid7[9:13], 16) / 1000, UTC)
