"""A letter as read from its bytes, and the message it becomes in a patient's mailbox."""

from msgspec import Struct

from chassis.i18n import mark as _
from contracts.base import Instant
from messaging.domain.addresses import Domains
from messaging.domain.invitations import Invitation
from messaging.domain.model import Attachment, Message, MessageKind, Party, Patient
from messaging.domain.names import LONGEST as LONGEST_NAME
from messaging.domain.names import clean_line, resembles_service, shown_name
from messaging.domain.signatures import Signature
from messaging.domain.structured import Concerns, Identifier, concerns
from messaging.domain.subjects import is_end_mark, shown_subject, thread_key
from messaging.domain.threads import links_of

NOT_READ_IN_FULL = _("Ce message n'a pas pu être lu en entier")
MOST_RECIPIENTS = 100


class Mailer(Struct, frozen=True):
    """A name and an address as a header gives them; the address is lower case, the name not cleaned yet."""

    name: str
    address: str


class Part(Struct, frozen=True, kw_only=True):
    """A part of a letter that is kept as a file. `content` are its decoded bytes.

    `content_id` is set for a picture that the HTML shows in place. `inside` is the id of the part that it was
    found in; `reads` says which kind of structured document it is, `patient_ids` whom that is about.
    """

    id: str
    filename: str
    media_type: str
    content: bytes
    content_id: str | None = None
    inside: str | None = None
    reads: str | None = None
    patient_ids: tuple[Identifier, ...] = ()


class Letter(Struct, frozen=True, kw_only=True):
    """What a letter says. `subject` is as received, `html` sanitised, `sender` None when unreadable.

    `incomplete` says that something in it could not be read; the original then tells more. `auto_reply`:
    no person wrote it (RFC 3834). `receipt_to` is where a read receipt was asked to go (RFC 8098 §2.1).
    `organisation` is the sender's own word for where they work, as received. `reply_to` are the addresses
    that answers are asked for at, in their order, or the text that stands there and is no address.
    `text_differs`: the sender's own plain version says more than `html`.
    """

    sender: Mailer | None
    recipients: tuple[Mailer, ...] = ()
    reply_to: tuple[str, ...] = ()
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    end_header: bool = False
    auto_reply: bool = False
    receipt_to: str | None = None
    organisation: str = ""
    text: str = ""
    html: str | None = None
    text_differs: bool = False
    parts: tuple[Part, ...] = ()
    invitations: tuple[Invitation, ...] = ()
    signature: Signature | None = None
    incomplete: bool = False

    @property
    def only_ends(self) -> bool:
        """A `[FIN]` mail: it ends the exchange and is no message to show."""
        return is_end_mark(self.subject)

    @property
    def ends(self) -> bool:
        """Whether the exchange ends with it: `[FIN]`, or `X-MSS-MES: FIN` on an ordinary message."""
        return self.only_ends or self.end_header


class Filed(Struct, frozen=True, kw_only=True):
    """When a letter was taken, and where its parts lie in the mailbox's own prefix."""

    message_id: str
    at: Instant
    envelope_sender: str
    size: int
    raw_key: str
    html_key: str | None = None
    attachments: tuple[Attachment, ...] = ()
    traceparent: str | None = None


class Service(Struct, frozen=True):
    """Whose service it is, as far as letters care. Reports from `relay_domain` speak for every recipient."""

    name: str
    domains: Domains
    relay_domain: str | None = None


def attachment_from(part: Part, patient: Patient, *, object_key: str, size: int, sha256: str) -> Attachment:
    """The attachment that a stored part becomes in this patient's mailbox."""
    return Attachment(
        id=part.id,
        filename=part.filename,
        media_type=part.media_type,
        size=size,
        sha256=sha256,
        object_key=object_key,
        content_id=part.content_id,
        inside=part.inside,
        reads=part.reads,
        about_someone_else=concerns(part.patient_ids, patient.ins) is Concerns.SOMEONE_ELSE,
    )


def sender_of(letter: Letter, envelope_sender: str) -> Party:
    """Who wrote, by exact `From`; by the envelope when `From` cannot be read."""
    mailer = letter.sender or Mailer("", envelope_sender.lower())
    return Party(name=shown_name(mailer.name, mailer.address), address=mailer.address)


def message_from(letter: Letter, filed: Filed, patient: Patient, service: Service) -> Message:
    """The patient's message that a letter becomes, alone in a conversation of its own."""
    sender = sender_of(letter, filed.envelope_sender)
    reply_to, ignored = _reply_to(letter, sender, service.domains)
    return Message(
        id=filed.message_id,
        patient_id=patient.id,
        conversation_id=filed.message_id,
        kind=MessageKind.LETTER,
        sender=sender,
        recipients=_recipients(letter, patient, service.domains),
        at=filed.at,
        subject=shown_subject(letter.subject),
        text=letter.text,
        message_id=letter.message_id,
        references=letter.references,
        html_key=filed.html_key,
        text_differs=letter.text_differs,
        attachments=filed.attachments,
        organisation=_organisation(letter),
        invitations=letter.invitations,
        signature=letter.signature,
        incomplete=letter.incomplete,
        raw_key=filed.raw_key,
        size=filed.size,
        reply_to=reply_to,
        reply_to_ignored=ignored,
        ends_exchange=letter.ends,
        auto_reply=letter.auto_reply or not filed.envelope_sender,
        receipt_to=receipt_address(letter, filed.envelope_sender),
        resembles_service=resembles_service(sender.name, service.name),
        links=links_of(letter.message_id, letter.references),
        thread_key=thread_key(sender.address, letter.subject),
        refers=bool(letter.references),
        traceparent=filed.traceparent,
    )


def _organisation(letter: Letter) -> str:
    """Where the sender works, as they say; nothing that is an address, or only repeats their name."""
    found = clean_line(letter.organisation, LONGEST_NAME)
    said_already = letter.sender is not None and found.casefold() in letter.sender.name.casefold()
    return "" if "@" in found or said_already else found


def receipt_address(letter: Letter, envelope_sender: str) -> str | None:
    """Where a read receipt may go: only to the very sender of the envelope, and never to a program.

    RFC 8098 §2.1: another address than the envelope's wants the reader's consent; RFC 3834 §2: no automatic
    answer to an automatic one.
    """
    asked = letter.receipt_to
    if asked is None or letter.auto_reply or asked != envelope_sender.strip().lower():
        return None
    return asked


def _reply_to(letter: Letter, sender: Party, domains: Domains) -> tuple[str | None, str | None]:
    """Where answers go, the first of `Reply-To` if its domain is a mail operator's; and the first to ignore."""
    asked = [address for address in letter.reply_to if address != sender.address]
    ignored = next((address for address in asked if not domains.may_be_answered(address)), None)
    first = next(iter(letter.reply_to), None)
    return (first if first in asked and first != ignored else None), ignored


def _recipients(letter: Letter, patient: Patient, domains: Domains) -> tuple[Party, ...]:
    """The patient first, then the professionals who got it too; never another patient."""
    others = {
        mailer.address: Party(name=shown_name(mailer.name, mailer.address), address=mailer.address)
        for mailer in letter.recipients[:MOST_RECIPIENTS]
        if not domains.is_patient(mailer.address)
    }
    return (patient.party, *others.values())
