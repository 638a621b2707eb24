""" "Nouveau message" (journeys §6): a first message to professionals who have written before."""

from collections.abc import Sequence

from contracts.base import DraftId, Instant
from messaging.domain.model import Conversation, Correspondent, Draft, Party, Voice
from messaging.domain.names import clean_line
from messaging.domain.voices import combined

SUBJECT_AT_MOST = 100
"""Characters of an "Objet"."""


def subject_fault(subject: str) -> str | None:
    """Why this can't be an "Objet": `empty`, `too-long`, or None."""
    if not subject.strip():
        return "empty"
    return "too-long" if len(subject.strip()) > SUBJECT_AT_MOST else None


def begin_with(
    patient_id: str, draft_id: DraftId, chosen: Sequence[Correspondent], subject: str, at: Instant
) -> tuple[Conversation, Draft]:
    """The conversation that the first message will begin, and the draft of it. `chosen` is not empty.

    Both bear the id that the message will have, so that a conversation's id stays that of its oldest message.
    """
    conversation = Conversation(
        id=draft_id,
        patient_id=patient_id,
        first_at=at,
        subject=clean_line(subject, SUBJECT_AT_MOST),
        sender_name=", ".join(record.name for record in chosen),
        sender_address=chosen[0].address,
        last_received_at=at,
        last_received_id=draft_id,
        last_activity_at=at,
        messages=0,
        correspondents=tuple(sorted(record.address for record in chosen)),
        voices=combined(_voice(record, draft_id, at) for record in chosen),
        begun=True,
    )
    draft = Draft(
        id=draft_id,
        patient_id=patient_id,
        conversation_id=draft_id,
        recipients=tuple(dict.fromkeys(record.party.address for record in chosen)),
        to_all=len(chosen) > 1,
        created_at=at,
        updated_at=at,
    )
    return conversation, draft


def _voice(record: Correspondent, draft_id: DraftId, at: Instant) -> Voice:
    return Voice(party=Party(name=record.name, address=record.address), at=at, letter_id=draft_id)
