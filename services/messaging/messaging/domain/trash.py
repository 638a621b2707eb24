"""The trash: a deleted conversation comes back within 30 days, by the patient's wish or by a new letter."""

from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from contracts.base import Instant
from messaging.domain.model import Conversation

KEPT_FOR = timedelta(days=30)
"""How long a deleted conversation can be restored (journeys §3)."""


class Share(Struct, frozen=True):
    """What a row adds to the counters of its mailbox: nothing while it is in the trash."""

    unread: int
    conversations: int

    def __sub__(self, other: "Share") -> "Share":
        return Share(self.unread - other.unread, self.conversations - other.conversations)


NOTHING = Share(0, 0)


def share_of(conversation: Conversation | None) -> Share:
    """The row's share in the counters; that of a row which is not there is nothing."""
    if conversation is None or conversation.trashed_at is not None:
        return NOTHING
    return Share(conversation.unread, 1)


def deleted(conversation: Conversation, at: Instant) -> Conversation:
    """The row once it is in the trash; one that is there already keeps its instant."""
    return replace(conversation, trashed_at=conversation.trashed_at or at)


def restored(conversation: Conversation) -> Conversation:
    """The row once it is back in the list."""
    return replace(conversation, trashed_at=None)


def gone_at(trashed_at: Instant) -> Instant:
    """When a conversation deleted at that instant can no longer be restored."""
    return trashed_at + KEPT_FOR


def is_over(conversation: Conversation, at: Instant) -> bool:
    """Whether the conversation's time in the trash has passed."""
    return conversation.trashed_at is not None and at >= gone_at(conversation.trashed_at)
