"""Letters of one batch on a tray with all rows they touch: read together, changed here, written back together.

Putting letters on a tray one after the other gives what putting each on a tray of its own gives.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import sub

from msgspec import Struct, field
from msgspec.structs import replace

from contracts.base import Instant
from messaging.domain.model import Conversation, Correspondent, Kept, Message
from messaging.domain.threads import begin, combine
from messaging.domain.ties import Tie, tyings_of
from messaging.domain.trash import share_of


class Seen(Kept, frozen=True, kw_only=True):
    """A letter's fingerprint, when it came, and until when that is remembered."""

    id: str = field(name="_id")
    taken_at: Instant
    expires_at: Instant


class Found(Struct, frozen=True, kw_only=True):
    """The rows that are there already, by their ids.

    `homes` leads from a conversation that a tie names to the one its messages are in now; one that is missing
    there holds nothing any more.
    """

    seen: Mapping[str, Instant] = {}
    correspondents: Mapping[str, Correspondent] = {}
    ties: Mapping[str, Tie] = {}
    homes: Mapping[str, str] = {}
    conversations: Mapping[str, Conversation] = {}


class Counts(Struct, frozen=True):
    """What a mailbox's counters gain."""

    unread: int
    conversations: int
    letters: int


class Tray:
    """What letters make of the rows that were found. The public attributes are what is to be written."""

    def __init__(self, found: Found) -> None:
        self.seen: dict[str, Seen] = {}
        self.correspondents: dict[str, Correspondent] = {}
        self.messages: dict[str, Message] = {}
        self.conversations: dict[str, Conversation] = {}
        self.ties: dict[str, Tie] = {}
        self.merged: dict[str, str] = {}
        """From each conversation that is no more to the one that took its place."""
        self._found = found
        self._unread: Counter[str] = Counter()
        self._conversations: Counter[str] = Counter()
        self._letters: Counter[str] = Counter()

    @property
    def found(self) -> Found:
        """What was there before."""
        return self._found

    def was_seen(self, mark: str, since: Instant) -> bool:
        """Whether a letter with this fingerprint was filed since then."""
        on_tray = self.seen.get(mark)
        at = on_tray.taken_at if on_tray else self._found.seen.get(mark)
        return at is not None and at >= since

    def correspondent(self, row_id: str) -> Correspondent | None:
        """The record as it is with the letters so far, or None."""
        return self.correspondents.get(row_id) or self._found.correspondents.get(row_id)

    def add(self, message: Message) -> Conversation:
        """Put a letter into the conversation it belongs to, merging those that it ties together."""
        tied = self._tied(message)
        conversation = combine([begin(message), *tied])
        self._replace([row.id for row in tied], conversation)
        self._tie(message, conversation.id)
        self.messages[message.id] = replace(message, conversation_id=conversation.id)
        gained = reduce(sub, map(share_of, tied), share_of(conversation))
        self._unread[message.patient_id] += gained.unread
        self._conversations[message.patient_id] += gained.conversations
        self._letters[message.patient_id] += 1
        return conversation

    def moves(self) -> dict[str, str]:
        """From each conversation that was there and is no more, to the one that took its place in the end."""
        return {gone: self._home(gone) for gone in self.merged if gone in self._found.conversations}

    def counts(self) -> dict[str, Counts]:
        """By the mailbox's patient."""
        return {
            patient_id: Counts(self._unread[patient_id], self._conversations[patient_id], letters)
            for patient_id, letters in self._letters.items()
        }

    def _tied(self, message: Message) -> list[Conversation]:
        ids: dict[str, None] = {}
        for tying in tyings_of(message):
            if tie := self._known_tie(tying.id):
                ids |= dict.fromkeys(map(self._home, tying.conversations(tie, message)))
        rows = (self._conversation(conversation_id) for conversation_id in sorted(filter(None, ids)))
        return [row for row in rows if row is not None and row.patient_id == message.patient_id]

    def _known_tie(self, tie_id: str) -> Tie | None:
        return self.ties.get(tie_id) or self._found.ties.get(tie_id)

    def _home(self, conversation_id: str) -> str:
        """Where a conversation of a tie is now, empty for nowhere."""
        known = conversation_id in self.merged or self._conversation(conversation_id) is not None
        home = conversation_id if known else self._found.homes.get(conversation_id, "")
        while home in self.merged:
            home = self.merged[home]
        return home

    def _conversation(self, conversation_id: str) -> Conversation | None:
        return self.conversations.get(conversation_id) or self._found.conversations.get(conversation_id)

    def _replace(self, ids: Sequence[str], conversation: Conversation) -> None:
        for gone in ids:
            self.conversations.pop(gone, None)
            if gone != conversation.id:
                self.merged[gone] = conversation.id
        self.conversations[conversation.id] = conversation
        for one in self.messages.values():
            if one.conversation_id in ids and one.conversation_id != conversation.id:
                self.messages[one.id] = replace(one, conversation_id=conversation.id)

    def _tie(self, message: Message, conversation_id: str) -> None:
        for tying in tyings_of(message):
            tie = self._known_tie(tying.id) or Tie(id=tying.id)
            looked_at = set(tying.conversations(tie, message))
            merged = {one for one in looked_at if self._home(one) == conversation_id}
            tie = tie.without(looked_at - merged)  # nothing of these is left
            self.ties[tying.id] = tie.joined(message, conversation_id, merged)
