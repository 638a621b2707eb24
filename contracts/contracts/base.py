"""The words every event is made of: ids, instants, limits, and the mark of personal data."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct


def whole(pattern: str) -> str:
    """A pattern that the whole text must match: `$` alone would let a line break through at its end."""
    return rf"^(?:{pattern})$(?!\n)"


UUID_PATTERN = whole("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

Id = Annotated[str, Meta(pattern=UUID_PATTERN, description="a UUIDv7, lower case")]
PatientId = Id
SessionId = Id
ChallengeId = Id
IntakeId = Id
ConversationId = Id
MessageId = Id
AttachmentId = Id
CorrespondentId = Id
DeliveryId = Id
DraftId = Id
RowId = Id
RequestId = Id
DocumentId = Id
NoticeId = Id

Instant = Annotated[datetime, Meta(tz=True, description="an aware instant, in UTC")]
Revision = Annotated[int, Meta(ge=1, description="grows by one with each change of its aggregate")]
ByteCount = Annotated[int, Meta(ge=0, le=50_000_000, description="bytes")]
Sha256 = Annotated[str, Meta(pattern=whole(r"[0-9a-f]{64}"))]
Code = Annotated[str, Meta(pattern=whole(r"[a-z][a-z0-9-]{1,63}"), description="a stable code, never a sentence")]
ObjectKey = Annotated[str, Meta(min_length=3, max_length=512)]
MediaType = Annotated[str, Meta(min_length=3, max_length=127)]
KeyId = Annotated[str, Meta(min_length=8, max_length=64)]


def personal(kind: str, **limits: Any) -> Meta:
    """Limits of a field that holds personal data; masking in the operators' tools follows this mark."""
    return Meta(extra={"personal": kind}, **limits)


PersonName = Annotated[str, personal("name", min_length=1, max_length=200)]
MailAddress = Annotated[str, personal("address", min_length=3, max_length=320)]
PhoneNumber = Annotated[str, personal("phone", pattern=whole(r"\+[1-9][0-9]{6,14}"))]
Ins = Annotated[str, personal("ins", pattern=whole(r"[0-9]{6}[0-9AB][0-9]{8}"))]
FileName = Annotated[str, personal("file-name", min_length=1, max_length=255)]
Title = Annotated[str, personal("title", min_length=1, max_length=200)]
PeerAddress = Annotated[str, personal("peer", max_length=64)]


class Event(Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Something that happened, or was asked for. Unknown fields are skipped: old readers meet new writers."""


def event_type(event: type[Event] | Event) -> str:
    """The versioned tag of an event, equal to its `ce_type`."""
    return str(event.__struct_config__.tag)


class Claim(Struct, frozen=True, kw_only=True):
    """A ticket for bytes that wait in the producer's bucket; only the named consumer may fetch them.

    `key` starts with `handover/<consumer>/<patient>/`; the consumer refuses any other.
    """

    key: ObjectKey
    sha256: Sha256
    size: ByteCount
    media_type: MediaType
    filename: FileName
