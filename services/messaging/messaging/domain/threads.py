"""Conversations as the sum of their messages. The sum does not depend on the order of its terms.

A letter begins a conversation of its own, which is then combined with every one it is tied to: by
Message-IDs, else by sender and subject. The oldest message gives the conversation its id and subject.
"""

from collections.abc import Iterable
from functools import reduce

from msgspec.structs import replace

from messaging.domain.model import Conversation, Message, MessageKind
from messaging.domain.voices import combined, voices_of


def links_of(message_id: str, references: Iterable[str]) -> tuple[str, ...]:
    """The Message-IDs by which a message is tied to others: its own and those it refers to."""
    return tuple(dict.fromkeys(link for link in (message_id, *references) if link))


def begin(message: Message) -> Conversation:
    """The conversation that a letter, or the welcome message, makes alone."""
    return Conversation(
        id=message.id,
        patient_id=message.patient_id,
        first_at=message.at,
        subject=message.subject,
        sender_name=message.sender.name,
        sender_address=message.sender.address,
        last_received_at=message.at,
        last_received_id=message.id,
        last_activity_at=message.at,
        unread=1 if message.unread else 0,
        with_files=bool(message.files),
        from_service=message.kind is MessageKind.SERVICE,
        correspondents=(message.sender.address,) if message.kind is MessageKind.LETTER else (),
        voices=voices_of(message),
    )


def combine(conversations: Iterable[Conversation]) -> Conversation:
    """One conversation out of several: commutative and associative. Needs at least one."""
    return reduce(_merged, conversations)


def _merged(one: Conversation, other: Conversation) -> Conversation:
    oldest = min(one, other, key=lambda row: (row.first_at, row.id))
    latest = max(one, other, key=lambda row: (not row.begun, row.last_received_at, row.last_received_id))
    sent = [row.last_sent_at for row in (one, other) if row.last_sent_at]
    return replace(
        oldest,
        sender_name=latest.sender_name,
        sender_address=latest.sender_address,
        last_received_at=latest.last_received_at,
        last_received_id=latest.last_received_id,
        last_sent_at=max(sent, default=None),
        last_activity_at=max(one.last_activity_at, other.last_activity_at),
        messages=one.messages + other.messages,
        unread=one.unread + other.unread,
        with_files=one.with_files or other.with_files,
        from_service=one.from_service and other.from_service,
        begun=one.begun and other.begun,
        trashed_at=max(one.trashed_at, other.trashed_at) if one.trashed_at and other.trashed_at else None,
        correspondents=tuple(sorted({*one.correspondents, *other.correspondents})),
        voices=combined(one.voices, other.voices),
        drafts=tuple(sorted({*one.drafts, *other.drafts})),
    )


def answered(conversation: Conversation, reply: Message) -> Conversation:
    """The row once the patient has answered."""
    last_sent = max(conversation.last_sent_at or reply.at, reply.at)
    return replace(
        conversation,
        last_sent_at=last_sent,
        last_activity_at=max(conversation.last_activity_at, reply.at),
        messages=conversation.messages + 1,
        with_files=conversation.with_files or bool(reply.files),
    )
