"""What ties a message to others: a Message-ID they share, or the same sender and subject. Kept a tie a row.

A tie remembers in which conversations its messages lie, and when: so that one look at it tells what a letter
joins, however many messages there are. A conversation that was merged away may still stand in a tie; as its id
is that of one of its messages, that message leads to where it went. What a letter has joined stands there once.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import reduce
from hashlib import sha256

from msgspec import Struct, field
from msgspec.structs import replace

from contracts.base import Instant
from messaging.domain.model import Kept, Message

MOST_SPANS = 100
"""Conversations that a tie remembers. Only letters that refer to what is not here begin so many of one sender and
subject; one that refers to nothing then joins the latest of them."""


class Span(Struct, frozen=True, kw_only=True):
    """When the messages of a tie in one conversation came: the first, and the last that refers to nothing."""

    first_at: Instant
    plain_at: Instant | None = None

    def along(self, other: "Span") -> "Span":
        """Both in one conversation."""
        plain = [at for at in (self.plain_at, other.plain_at) if at is not None]
        return Span(first_at=min(self.first_at, other.first_at), plain_at=max(plain, default=None))

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

    def joined(self, message: Message, conversation_id: str, merged: Collection[str] = ()) -> "Tie":
        """With one more message in that conversation, which those of `merged` are a part of."""
        span = Span(first_at=message.at, plain_at=None if message.refers else message.at)
        inside = {conversation_id, *merged}
        span = reduce(Span.along, (self.spans[one] for one in inside & self.spans.keys()), span)
        others = self.without(inside).spans
        return replace(self, spans=_latest({**others, conversation_id: span}))

    def without(self, gone: Collection[str]) -> "Tie":
        """Without those conversations."""
        return replace(self, spans={one: span for one, span in self.spans.items() if one not in gone})


def _latest(spans: Mapping[str, Span]) -> Mapping[str, Span]:
    """As many as a tie remembers. The one conversation with all letters that refer to nothing always stays."""
    if len(spans) <= MOST_SPANS:
        return spans
    known = sorted(spans.items(), key=lambda one: (one[1].plain_at is not None, one[1].first_at, one[0]))
    return dict(known[-MOST_SPANS:])


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
    found = [Tying(tie_id(message.patient_id, link)) for link in message.links]
    if message.thread_key:
        found.append(Tying(tie_id(message.patient_id, message.thread_key), by_subject=True))
    return found


def tied_conversations(messages: Iterable[Message], ties: Mapping[str, Tie]) -> set[str]:
    """Where the messages lie that any of these belongs to, by the ties that are there."""
    return {
        conversation_id
        for message in messages
        for tying in tyings_of(message)
        if tying.id in ties
        for conversation_id in tying.conversations(ties[tying.id], message)
    }


def tie_id(patient_id: str, what: str) -> str:
    """The tie of what messages share. Message-IDs have angle brackets, keys are hexadecimal: they never meet."""
    return f"{patient_id}:{sha256(what.encode()).hexdigest()[:32]}"
