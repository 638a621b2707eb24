"""What handlers have queued: a notice's fixed facts, a letter to announce, the evening's notices it joins."""

from datetime import datetime

import msgspec

from contracts.messaging import MessageReceived
from notifier.domain.notices import Kind


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """What is fixed of a notice once and for all when it is queued, whatever it tells."""

    id: str
    message_id: str
    queued_at: datetime
    pointless_after: datetime
    kept_until: datetime


class Joined(msgspec.Struct, frozen=True):
    """A digest or a reminder that a letter joins; the first letter that does has it queued."""

    kind: Kind
    fixed: Fixed
    due_at: datetime
    view_hash: str


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """A letter to announce, the hash of its browser view, the notices it joins, and the trace it came in.

    `state` is that of its own notice: `queued`, or `gathered` and `withheld`, which never leave.
    """

    fixed: Fixed
    received: MessageReceived
    view_hash: str
    state: str = "queued"
    digest: Joined | None = None
    reminder: Joined | None = None
    traceparent: str | None = None

    @property
    def joins(self) -> tuple[Joined, ...]:
        """The notices it joins."""
        return tuple(one for one in (self.digest, self.reminder) if one is not None)
