"""What messaging tells: letters taken at the door (`messaging.intake`) and what happens in mailboxes."""

from typing import Annotated, Literal

from msgspec import Meta

from contracts.base import (
    ByteCount,
    Code,
    ConversationId,
    CorrespondentId,
    DeliveryId,
    DocumentId,
    Event,
    Instant,
    IntakeId,
    MailAddress,
    MessageId,
    NoticeId,
    ObjectKey,
    PatientId,
    PeerAddress,
    PersonName,
    Revision,
    Sha256,
    whole,
)

ReturnProof = Annotated[str, Meta(pattern=whole(r"[0-9a-f]{16}"))]
"""What of a notice's return address only the notifier can have made; only the notifier can check it."""

DeliveryState = Literal["queued", "sending", "accepted", "delivered", "read", "failed", "given-up"]


class LetterTaken(Event, tag="messaging.letter-taken.v1", frozen=True, kw_only=True):
    """The door took a letter for one patient and answered 250; the mailbox is built from this record.

    `sha256` is over the bytes as received; `content_sha256` leaves out the trace headers in front
    (Received, Return-Path), so that the same letter sent twice can be told.
    """

    intake_id: IntakeId
    patient_id: PatientId
    recipient: MailAddress
    envelope_sender: Annotated[str, Meta(max_length=320, extra={"personal": "address"})]
    object_key: ObjectKey
    size: ByteCount
    sha256: Sha256
    content_sha256: Sha256
    peer: PeerAddress
    taken_at: Instant


class NoticeReturnTaken(Event, tag="messaging.notice-return-taken.v1", frozen=True, kw_only=True):
    """The door took a report about one of our notices to a patient and answered 250; keyed by the notice.

    What it says is read later, from the object; the door itself reads nothing of it. `proof` is as it stood in the
    address: anybody may have written it there, or none.
    """

    intake_id: IntakeId
    notice_id: NoticeId
    proof: ReturnProof | None = None
    object_key: ObjectKey
    size: ByteCount
    taken_at: Instant


class MailboxOpened(Event, tag="messaging.mailbox-opened.v1", frozen=True, kw_only=True):
    """The patient's mailbox exists, with its welcome message."""

    patient_id: PatientId
    opened_at: Instant


class MessageReceived(Event, tag="messaging.message-received.v1", frozen=True, kw_only=True):
    """A professional's letter is stored and can be read."""

    patient_id: PatientId
    conversation_id: ConversationId
    message_id: MessageId
    attachments: Annotated[int, Meta(ge=0)]
    received_at: Instant


class MessageRead(Event, tag="messaging.message-read.v1", frozen=True, kw_only=True):
    """The patient opened the letter for the first time."""

    patient_id: PatientId
    conversation_id: ConversationId
    message_id: MessageId
    read_at: Instant


class ReplyStateChanged(Event, tag="messaging.reply-state-changed.v1", frozen=True, kw_only=True):
    """A reply's state for one recipient; the highest revision wins."""

    patient_id: PatientId
    conversation_id: ConversationId
    message_id: MessageId
    delivery_id: DeliveryId
    revision: Revision
    state: DeliveryState
    reason: Code | None = None
    changed_at: Instant


class DocumentsSent(Event, tag="messaging.documents-sent.v1", frozen=True, kw_only=True):
    """A reply with documents of the patient's is on its way: who will have them is for the patient to see."""

    patient_id: PatientId
    message_id: MessageId
    document_ids: Annotated[tuple[DocumentId, ...], Meta(min_length=1, max_length=50)]
    recipients: Annotated[tuple[PersonName, ...], Meta(min_length=1, max_length=100)]
    sent_at: Instant


class ExchangeEnded(Event, tag="messaging.exchange-ended.v1", frozen=True, kw_only=True):
    """A professional put an end to the exchange; no conversation with them can be answered."""

    patient_id: PatientId
    correspondent_id: CorrespondentId
    ended_at: Instant


class NoticeReturned(Event, tag="messaging.notice-returned.v1", frozen=True, kw_only=True):
    """A notice did not reach the patient: a mail server along its way says so for good; keyed by the notice.

    `status` is RFC 3463's, three numbers, where the report has one. `proof` tells the notifier whether it is true.
    """

    notice_id: NoticeId
    proof: ReturnProof | None = None
    status: Annotated[str, Meta(pattern=whole(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}"))] | None = None
    returned_at: Instant


class ConversationDeleted(Event, tag="messaging.conversation-deleted.v1", frozen=True, kw_only=True):
    """The patient deleted a conversation. Until `gone_at` they can restore it, and a new letter brings it back."""

    patient_id: PatientId
    conversation_id: ConversationId
    deleted_at: Instant
    gone_at: Instant
