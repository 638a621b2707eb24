"""The envelope: CloudEvents 1.0 in binary mode, its attributes in Kafka headers.

Source: CloudEvents Kafka protocol binding 1.0.2, section 3.2. The value is the event's JSON alone.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an event without decoding it. `subject` is the Kafka key in text."""

    id: str
    type: str
    source: str
    time: datetime
    subject: str
    traceparent: str | None = None

    def headers(self) -> list[tuple[str, bytes]]:
        """The Kafka headers of this envelope, in a fixed order."""
        fields = {
            "ce_specversion": SPEC_VERSION,
            "ce_id": self.id,
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_time": self.time.isoformat(),
            "ce_subject": self.subject,
            "content-type": CONTENT_TYPE,
        }
        if self.traceparent:
            fields["traceparent"] = self.traceparent
        return [(name, value.encode()) for name, value in fields.items()]


class EnvelopeError(ValueError):
    """The headers of a record make no CloudEvents envelope."""


def read_envelope(headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """The envelope in a record's headers. Raises `EnvelopeError` naming what is missing or wrong."""
    fields = _text_headers(headers)
    if fields.get("ce_specversion") != SPEC_VERSION:
        raise EnvelopeError(f"ce_specversion is {fields.get('ce_specversion')!r}, not {SPEC_VERSION!r}")
    try:
        return Envelope(
            id=fields["ce_id"],
            type=fields["ce_type"],
            source=fields["ce_source"],
            time=datetime.fromisoformat(fields["ce_time"]),
            subject=fields.get("ce_subject", ""),
            traceparent=fields.get("traceparent"),
        )
    except KeyError as missing:
        raise EnvelopeError(f"header {missing} is missing") from missing
    except ValueError as wrong:
        raise EnvelopeError(f"ce_time: {wrong}") from wrong


def _text_headers(headers: Iterable[tuple[str, bytes | None]]) -> Mapping[str, str]:
    """Headers as text; what is null or not UTF-8 counts as absent, for a stranger may have written it."""
    found: dict[str, str] = {}
    for name, value in headers:
        try:
            found[name] = (value or b"").decode()
        except UnicodeDecodeError:
            continue
    return found
