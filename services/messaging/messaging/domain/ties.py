"""What ties a message to others: a Message-ID they share, or the same sender and subject. Kept a tie a row.

A tie remembers in which conversations its messages lie, and when: so that one look at it tells what a letter
joins, however many messages there are. A conversation that was merged away may still stand in a tie; as its id
is that of one of its messages, that message leads to where it went.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256

from msgspec import Struct, field
from msgspec.structs import replace

from contracts.base import Instant
from messaging.domain.model import Kept, Message


class Span(Struct, frozen=True, kw_only=True):
    """When the messages of a tie in one conversation came: the first, and the last that refers to nothing."""

    first_at: Instant
    plain_at: Instant | None = None

    def joined(self, at: Instant, *, refers: bool) -> "Span":
        """With one more message."""
        plain = self.plain_at if refers else max(self.plain_at or at, at)
        return Span(first_at=min(self.first_at, at), plain_at=plain)

    def takes(self, at: Instant, *, refers: bool) -> bool:
        """Whether a letter of the same sender and subject belongs there.

        One that refers to nothing joins all older ones; so newer ones that refer to nothing join it, whichever
        came first.
        """
        if self.plain_at is not None and self.plain_at >= at:
            return True
        return not refers and self.first_at <= at


class Tie(Kept, frozen=True, kw_only=True):
    """All messages of one mailbox that share a Message-ID, or a sender and subject."""

    id: str = field(name="_id")
    spans: Mapping[str, Span] = {}
    """By the id of the conversation."""

    def joined(self, conversation_id: str, at: Instant, *, refers: bool) -> "Tie":
        """With one more message in that conversation."""
        known = self.spans.get(conversation_id)
        span = known.joined(at, refers=refers) if known else Span(first_at=at, plain_at=None if refers else at)
        return replace(self, spans={**self.spans, conversation_id: span})


class Tying(Struct, frozen=True):
    """A tie as a message has it; `by_subject` ones also ask who came when."""

    id: str
    by_subject: bool = False

    def conversations(self, tie: Tie, message: Message) -> Iterator[str]:
        """Where the messages lie that `message` belongs to by this tie."""
        for conversation_id, span in tie.spans.items():
            if not self.by_subject or span.takes(message.at, refers=message.refers):
                yield conversation_id


def tyings_of(message: Message) -> list[Tying]:
    """The ties of a message: one for each Message-ID it names, one for its sender and subject."""
    found = [Tying(_tie_id(message.patient_id, link)) for link in message.links]
    if message.thread_key:
        found.append(Tying(_tie_id(message.patient_id, message.thread_key), by_subject=True))
    return found


def _tie_id(patient_id: str, what: str) -> str:
    """Message-IDs have angle brackets, keys are hexadecimal: the two never meet."""
    return f"{patient_id}:{sha256(what.encode()).hexdigest()[:32]}"
