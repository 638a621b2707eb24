"""What a mailbox is made of, as it is kept: one frozen struct for each kind of document in the store.

Fields named `id` are `_id` in the store. Instants are aware and in UTC; sizes are bytes.
"""

from datetime import date
from enum import StrEnum

from msgspec import Struct, field

from contracts.base import (
    AttachmentId,
    ConversationId,
    CorrespondentId,
    DocumentId,
    DraftId,
    Instant,
    MessageId,
    PatientId,
    RequestId,
    RowId,
)
from messaging.domain.invitations import Invitation
from messaging.domain.signatures import Signature


class Kept(Struct, frozen=True, kw_only=True):
    """Root of what the store keeps as a document of its own."""


class Party(Struct, frozen=True, kw_only=True):
    """Someone on a letter. `address` is lower case; `name` is cleaned and may be shown, never empty."""

    name: str
    address: str


class Patient(Kept, frozen=True, kw_only=True):
    """This service's copy of auth's patient: the highest revision wins."""

    id: PatientId = field(name="_id")
    revision: int
    status: str
    given_name: str
    family_name: str
    ins: str
    mailbox_address: str
    time_zone: str = "Europe/Paris"
    language: str = "fr"

    @property
    def name(self) -> str:
        """As the patient and the professionals read it: `Inaya Michel`."""
        return f"{self.given_name} {self.family_name}"

    @property
    def party(self) -> Party:
        """The patient as an end of a letter."""
        return Party(name=self.name, address=self.mailbox_address.lower())


class Mailbox(Kept, frozen=True, kw_only=True):
    """The counters of a patient's mailbox, exact: kept in the transactions that change them.

    `unread` counts letters, `conversations` the rows of the list, `letters` what professionals sent.
    `revision` grows by one with each change that the list shows, so that as many rows have moved at most.
    """

    id: PatientId = field(name="_id")
    opened_at: Instant
    unread: int = 0
    conversations: int = 0
    letters: int = 0
    revision: int = 1


class MessageKind(StrEnum):
    """Who wrote: a professional, the patient, or the service itself (never answerable)."""

    LETTER = "letter"
    REPLY = "reply"
    SERVICE = "service"


class Attachment(Struct, frozen=True, kw_only=True):
    """A file of a message, in our bucket under `object_key`. `media_type` is decided by content.

    `content_id` is set for a picture that the HTML body shows in place (`cid:`); such a one is not listed.
    `inside` is the attachment that it was found in. `reads` is set for what has a page of its own in words
    (`xdm`, `cda`, `message`, `calendar`). `about_someone_else`: its patient's number is not the mailbox's.
    """

    id: AttachmentId
    filename: str
    media_type: str
    size: int
    sha256: str
    object_key: str
    content_id: str | None = None
    inside: AttachmentId | None = None
    reads: str | None = None
    about_someone_else: bool = False


class Message(Kept, frozen=True, kw_only=True):
    """A letter, a reply or the welcome message. `id` is the intake id of a letter.

    `at` is the intake instant of a letter, the moment of "Envoyer" for a reply. `subject` is without
    `Re:` and the like. `text` is always there; `html_key` names the sanitised HTML when there is one.
    `incomplete` says that the letter could not be read in full. `raw_key` is the untouched letter, evidence:
    the patient is given it with other patients masked.
    `organisation` is where the sender works, by their own account; may be empty.
    `text_differs`: besides its HTML the letter has a plain version, `text`, that says more.
    `reply_to_ignored` is what the letter gave for answers and was not followed: it may be a stranger's address,
    or none at all, and is never shown.
    `auto_reply`: a program answered (RFC 3834). `receipt_to`: where a read receipt may go, if one was asked.
    `read_at` is the first reading, `unread_again` the patient's wish to find it as unread since.
    `disowned_at`: the patient said that it is not theirs; its words and files are hidden since.
    `links` are the Message-IDs that tie conversations; `thread_key` ties by sender and subject.
    """

    id: MessageId = field(name="_id")
    patient_id: PatientId
    conversation_id: ConversationId
    kind: MessageKind
    sender: Party
    recipients: tuple[Party, ...]
    at: Instant
    subject: str
    text: str
    message_id: str
    references: tuple[str, ...] = ()
    html_key: str | None = None
    text_differs: bool = False
    attachments: tuple[Attachment, ...] = ()
    organisation: str = ""
    invitations: tuple[Invitation, ...] = ()
    signature: Signature | None = None
    incomplete: bool = False
    raw_key: str | None = None
    size: int = 0
    reply_to: str | None = None
    reply_to_ignored: str | None = None
    ends_exchange: bool = False
    auto_reply: bool = False
    receipt_to: str | None = None
    resembles_service: bool = False
    read_at: Instant | None = None
    unread_again: bool = False
    disowned_at: Instant | None = None
    links: tuple[str, ...] = ()
    thread_key: str | None = None
    refers: bool = False
    traceparent: str | None = None

    @property
    def files(self) -> tuple[Attachment, ...]:
        """The attachments to list: those that are not pictures inside the HTML body."""
        return tuple(file for file in self.attachments if file.content_id is None)

    @property
    def unread(self) -> bool:
        """Whether it counts as a letter the patient has not opened, or has marked as such again."""
        return self.kind is not MessageKind.REPLY and (self.read_at is None or self.unread_again)


class Copied(Struct, frozen=True, kw_only=True):
    """Someone in To or Cc of a letter, at `place` among its recipients; `at` is that letter's instant."""

    party: Party
    at: Instant
    letter_id: MessageId
    place: int


class Voice(Struct, frozen=True, kw_only=True):
    """A professional who wrote in a conversation, as their latest letter there names them; whom they copied."""

    party: Party
    at: Instant
    letter_id: MessageId
    copied: tuple[Copied, ...] = ()


class Conversation(Kept, frozen=True, kw_only=True):
    """A row of the list, and what a conversation's page needs beside its messages.

    `id` is the id of its oldest message. An id that a merge has done away with is still that of one of its
    messages: `Reading.conversation_id_of` finds where it went, for the redirect.
    `subject` is the oldest message's. `sender_name` and `last_received_at` are the latest letter's;
    `last_sent_at` is the patient's last reply. `drafts` holds one id, two after a merge of two drafts.
    `voices` are who may be answered, latest letter first; the list leaves them out.
    `begun` says that the patient wrote first and no letter has come yet: name, instants and voices are then
    those of the chosen professionals and of the beginning; its id is that of the first message, sent or drafted.
    `trashed_at` is when the patient deleted it, None outside of the trash.
    """

    id: ConversationId = field(name="_id")
    patient_id: PatientId
    first_at: Instant
    subject: str
    sender_name: str
    sender_address: str
    last_received_at: Instant
    last_received_id: MessageId
    last_sent_at: Instant | None = None
    last_activity_at: Instant
    messages: int = 1
    unread: int = 0
    with_files: bool = False
    from_service: bool = False
    correspondents: tuple[str, ...] = ()
    voices: tuple[Voice, ...] = ()
    drafts: tuple[DraftId, ...] = ()
    begun: bool = False
    trashed_at: Instant | None = None

    @property
    def draft_id(self) -> DraftId | None:
        """The draft shown when opening it, if there is one."""
        return self.drafts[0] if self.drafts else None

    @property
    def answered_since(self) -> bool:
        """Whether the patient has answered since the last letter ("Vous avez répondu le …")."""
        return not self.begun and self.last_sent_at is not None and self.last_sent_at > self.last_received_at


class Correspondent(Kept, frozen=True, kw_only=True):
    """A professional as seen by one patient, by exact `From`.

    `last_letter_at` is None while only an end mark or a copy is known. The exchange is ended when
    `last_end_at` is not earlier than `last_letter_at`, in whatever order they were processed.
    `reply_to` is the authorised address to answer, as the latest letter gave it.
    """

    id: CorrespondentId = field(name="_id")
    patient_id: PatientId
    address: str
    name: str
    name_at: Instant
    reply_to: str | None = None
    last_letter_at: Instant | None = None
    last_end_at: Instant | None = None

    @property
    def party(self) -> Party:
        """The professional as an end of a reply, under the address that their latest letter wants answers at."""
        return Party(name=self.name, address=self.reply_to or self.address)

    @property
    def ended(self) -> bool:
        """Whether the professional put an end to the exchange and has not written since."""
        if self.last_end_at is None:
            return False
        return self.last_letter_at is None or self.last_end_at >= self.last_letter_at

    @property
    def ended_at(self) -> Instant | None:
        """When the exchange ended, or None while it is open."""
        return self.last_end_at if self.ended else None


class RowSource(StrEnum):
    """Where a file of a draft comes from."""

    DOCUMENT = "document"
    UPLOAD = "upload"
    SYNTHESIS = "synthesis"


class RowState(StrEnum):
    """A file of a draft: waited for, there, or refused with a reason code."""

    PENDING = "pending"
    READY = "ready"
    REFUSED = "refused"


class Upload(Struct, frozen=True, kw_only=True):
    """A file on its way from the patient's device, in pieces that lie under temporary keys, in order.

    `size` is what the device announced, `mark` tells the same file chosen again.
    """

    size: int
    mark: str
    received: int = 0
    pieces: tuple[str, ...] = ()
    touched_at: Instant

    @property
    def complete(self) -> bool:
        """Whether all of it is here."""
        return self.received == self.size


class DraftRow(Kept, frozen=True, kw_only=True):
    """A file of a draft. While pending, `size` is the declared one; once ready, the real one.

    `sha256`, `object_key` are set when ready; `reason` when refused. `masked` says that the
    document is hidden from professionals, so sending it asks for confirmation. `upload` is kept as long as
    its pieces may still be needed. `renamed_from` is the name that the device gave, if its ending did not tell
    what the file is.
    """

    id: RowId = field(name="_id")
    patient_id: PatientId
    draft_id: DraftId
    source: RowSource
    state: RowState
    filename: str
    media_type: str
    size: int
    requested_at: Instant
    document_id: DocumentId | None = None
    sha256: str | None = None
    object_key: str | None = None
    reason: str | None = None
    masked: bool = False
    renamed_from: str | None = None
    upload: Upload | None = None


class Draft(Kept, frozen=True, kw_only=True):
    """The patient's unfinished answer. `revision` grows with each saved text or change of recipients.

    `recipients` are addresses out of the conversation's `ReplyOptions`. `rows_revision` grows with each
    change of its files: it is what two concurrent additions meet on, so that the total is never passed.
    `saved_by` is the open page that saved last: that page is never in conflict with itself.
    `blank` while there is no text. One that was thrown away has `removed_at`, and can be taken back for a day;
    `began` is the row of the conversation that went with it, if it was to begin one.
    """

    id: DraftId = field(name="_id")
    patient_id: PatientId
    conversation_id: ConversationId
    text: str = ""
    recipients: tuple[str, ...] = ()
    to_all: bool = False
    revision: int = 1
    rows_revision: int = 1
    saved_by: str = ""
    blank: bool = True
    created_at: Instant
    updated_at: Instant
    removed_at: Instant | None = None
    began: Conversation | None = None

    @property
    def begins(self) -> bool:
        """Whether it begins a conversation, which bears its id, instead of answering one."""
        return self.id == self.conversation_id


class KeepState(StrEnum):
    """A received attachment on its way among the patient's documents."""

    PENDING = "pending"
    ADDED = "added"
    REFUSED = "refused"


class Keep(Kept, frozen=True, kw_only=True):
    """The patient asked to keep an attachment; `document_id` once added, `reason` when refused."""

    id: RequestId = field(name="_id")
    patient_id: PatientId
    message_id: MessageId
    attachment_id: AttachmentId
    title: str
    dated: date | None = None
    state: KeepState = KeepState.PENDING
    requested_at: Instant
    document_id: DocumentId | None = None
    reason: str | None = None
