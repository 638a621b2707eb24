"""Who may be answered, and the reply that a draft becomes (journeys §4 and §6)."""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from contracts.base import Instant
from messaging.domain.addresses import Domains
from messaging.domain.confirming import check_confirmed, questions_before
from messaging.domain.consignment import Consignment, consigned
from messaging.domain.errors import (
    FilesNotReady,
    FilesRefused,
    NobodyChosen,
    NothingToSend,
    ReplyBlocked,
    TextTooLong,
)
from messaging.domain.limits import REPLY_CHARACTERS, check_total
from messaging.domain.model import (
    Attachment,
    Conversation,
    Correspondent,
    Draft,
    DraftRow,
    Message,
    MessageKind,
    Party,
    Patient,
    RowState,
    Voice,
)
from messaging.domain.voices import copied_by


class Blocked(StrEnum):
    """Why nobody can be answered in a conversation."""

    SERVICE_MESSAGE = "service-message"
    EXCHANGE_ENDED = "exchange-ended"
    PROFESSIONAL_GONE = "professional-gone"
    IN_TRASH = "in-trash"


class ReplyOptions(Struct, frozen=True, kw_only=True):
    """`sender` is whom "Répondre" answers; `everyone` is what can be ticked, the sender first.

    When nobody can be answered `blocked` says why, `ended_by` and `ended_at` who ended the exchange and when.
    """

    sender: Party | None = None
    everyone: tuple[Party, ...] = ()
    blocked: Blocked | None = None
    ended_by: str | None = None
    ended_at: Instant | None = None

    @property
    def has_others(self) -> bool:
        """Whether "Répondre à tous" is offered."""
        return len(self.everyone) > 1

    def chosen(self, addresses: Iterable[str]) -> tuple[Party, ...]:
        """The ticked recipients. Raises `ReplyBlocked` if one of them may not be answered here."""
        wanted = set(addresses)
        if self.blocked or wanted - {party.address for party in self.everyone}:
            raise ReplyBlocked(self.blocked or Blocked.EXCHANGE_ENDED)
        return tuple(party for party in self.everyone if party.address in wanted)


def reply_options(
    conversation: Conversation, correspondents: Iterable[Correspondent], domains: Domains
) -> ReplyOptions:
    """Who the patient may answer here, or the reason why nobody.

    A professional who ended the exchange can't be answered anywhere; the others of a group still can, but
    not those whom only that professional had copied.
    """
    if conversation.trashed_at is not None:
        return ReplyOptions(blocked=Blocked.IN_TRASH)
    if conversation.from_service:
        return ReplyOptions(blocked=Blocked.SERVICE_MESSAGE)
    known = {record.address: record for record in correspondents}
    voices = [voice for voice in conversation.voices if _is_open(known.get(voice.party.address))]
    senders = _writable((_answered_at(voice.party, known) for voice in voices), domains)
    if not senders:
        return _nobody(conversation, known)
    copied = _writable(_copied(voices, known), domains)
    return ReplyOptions(sender=senders[0], everyone=_distinct((*senders, *copied)))


def may_be_written_to(record: Correspondent, domains: Domains) -> bool:
    """Whether "Nouveau message" offers this professional: who has written, not ended, and can be reached."""
    return record.last_letter_at is not None and not record.ended and domains.may_be_answered(record.party.address)


def ended_here(conversation: Conversation, correspondents: Iterable[Correspondent]) -> list[Correspondent]:
    """The professionals who wrote in this conversation and ended the exchange, latest end first."""
    writers = {voice.party.address for voice in conversation.voices}
    found = [record for record in correspondents if record.ended and record.address in writers]
    return sorted(found, key=lambda record: (record.ended_at, record.address), reverse=True)


def _is_open(record: Correspondent | None) -> bool:
    return record is None or not record.ended


def _answered_at(writer: Party, known: dict[str, Correspondent]) -> Party:
    """The writer, under the address that their latest letter anywhere wants answers at."""
    record = known.get(writer.address)
    return record.party if record else writer


def _copied(voices: Iterable[Voice], known: dict[str, Correspondent]) -> Iterable[Party]:
    for copied in copied_by(voices):
        record = known.get(copied.party.address)
        if record is None or (record.last_letter_at is None and not record.ended):
            yield copied.party
        elif not record.ended:
            yield record.party


def _writable(parties: Iterable[Party], domains: Domains) -> list[Party]:
    return [party for party in parties if domains.may_be_answered(party.address)]


def _distinct(parties: Iterable[Party]) -> tuple[Party, ...]:
    by_address: dict[str, Party] = {}
    for party in parties:
        by_address.setdefault(party.address, party)
    return tuple(by_address.values())


def _nobody(conversation: Conversation, known: dict[str, Correspondent]) -> ReplyOptions:
    ended = ended_here(conversation, known.values())
    if not ended:
        return ReplyOptions(blocked=Blocked.PROFESSIONAL_GONE)
    return ReplyOptions(blocked=Blocked.EXCHANGE_ENDED, ended_by=ended[0].name, ended_at=ended[0].ended_at)


def check_sendable(draft: Draft, rows: Sequence[DraftRow]) -> None:
    """Raises what the patient must mend before "Envoyer": `TextTooLong`, `FilesNotReady`, `FilesRefused`,
    `NothingToSend`, `AttachmentsTooLarge`."""
    if len(draft.text) > REPLY_CHARACTERS:
        raise TextTooLong(f"{len(draft.text)} characters")
    if pending := [row.filename for row in rows if row.state is RowState.PENDING]:
        raise FilesNotReady(pending)
    if refused := [row.filename for row in rows if row.state is RowState.REFUSED]:
        raise FilesRefused(refused)
    if not draft.text.strip() and not rows:
        raise NothingToSend("neither text nor file")
    check_total(rows)


class Reply(Struct, frozen=True, kw_only=True):
    """What "Envoyer" makes of a draft: the message, and its way to the recipients, by domain."""

    message: Message
    consignments: tuple[Consignment, ...]


def reply_from(
    patient: Patient,
    opened: tuple[Conversation, Message | None],
    draft: Draft,
    rows: Sequence[DraftRow],
    options: ReplyOptions,
    *,
    reply_id: str,
    at: Instant,
    confirmed: Collection[str] = (),
    traceparent: str | None = None,
) -> Reply:
    """The reply that leaves, its Message-ID fixed. `opened` is the conversation and the letter answered.

    `confirmed` holds the marks of the questions that the patient answered. Raises what `check_sendable` and
    `check_confirmed` do, `ReplyBlocked`, `NobodyChosen`.
    """
    conversation, letter = opened
    recipients = options.chosen(draft.recipients)
    if not recipients:
        raise NobodyChosen("no recipient")
    check_sendable(draft, rows)
    check_confirmed(questions_before(draft.text, rows, recipients), confirmed)
    message_id = f"<{reply_id}@{patient.mailbox_address.rpartition('@')[2].lower()}>"
    references = _references(letter)
    message = Message(
        id=reply_id,
        patient_id=patient.id,
        conversation_id=conversation.id,
        kind=MessageKind.REPLY,
        sender=patient.party,
        recipients=recipients,
        at=at,
        subject=conversation.subject,
        text=draft.text,
        message_id=message_id,
        references=references,
        attachments=tuple(_attachment(row) for row in rows),
        links=(message_id, *references[-1:]),
        refers=True,
        traceparent=traceparent,
    )
    return Reply(message=message, consignments=consigned(message, recipients, at))


def _references(letter: Message | None) -> tuple[str, ...]:
    """What the reply refers to: the letter answered last, before it what that one refers to (RFC 5322 §3.6.4)."""
    if letter is None or not letter.message_id:
        return ()
    return tuple(dict.fromkeys((*letter.references, letter.message_id)))


def _attachment(row: DraftRow) -> Attachment:
    if row.object_key is None or row.sha256 is None:
        raise FilesNotReady([row.filename])
    return Attachment(
        id=row.id,
        filename=row.filename,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        object_key=row.object_key,
    )
