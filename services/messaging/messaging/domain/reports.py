"""What a delivery report or a read receipt says, once its words are read. Source: RFC 3464, RFC 8098."""

from enum import StrEnum

from msgspec import Struct


class ReportKind(StrEnum):
    """A delivery status notification (RFC 3464), or a message disposition notification (RFC 8098)."""

    DELIVERY = "delivery"
    DISPOSITION = "disposition"


class Fate(StrEnum):
    """What became of a message for one recipient: RFC 3464 §2.3.3's actions, RFC 8098 §3.2.6's types."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    DISPLAYED = "displayed"
    DELETED = "deleted"
    OTHER = "other"
    """Said, but neither delivered, nor read, nor failed: `dispatched`, `processed`, `denied`, or unknown words."""


class Told(Struct, frozen=True, kw_only=True):
    """The fate of a message for one recipient.

    `addresses` are that recipient as we wrote it (Original-Recipient) and as the peer calls it, lower case,
    either may be missing; empty when the report names nobody. `status` is an enhanced code like `5.1.1`, or
    empty. `detail` is the peer's own diagnostic, one line, at most 300 characters: for operators, never shown.
    """

    addresses: tuple[str, ...]
    fate: Fate
    status: str = ""
    detail: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """A report about a message of ours.

    `message_ids` are the Message-IDs it may be about, angle brackets included, the most certain first: that
    of the returned message, `Original-Message-ID`, then what the report answers. `envelope_id` is the ENVID
    that we gave, or empty. `sender` is the one in its `From`, lower case, or empty. `in_words`: nothing in it is
    made for machines, so it is taken for a report only if it tells of a reply of ours.
    """

    kind: ReportKind
    told: tuple[Told, ...]
    message_ids: tuple[str, ...] = ()
    envelope_id: str = ""
    sender: str = ""
    in_words: bool = False
