"""« Ce message ne me concerne pas »: a letter is set aside, and its sender gets a fixed notice (journeys §4)."""

from datetime import timedelta

from msgspec import field

from chassis.i18n import mark as _
from contracts.base import Instant, MessageId, PatientId
from messaging.domain.addresses import Domains, domain_of
from messaging.domain.consignment import consigned
from messaging.domain.errors import MessagingError
from messaging.domain.identifiers import derived_id
from messaging.domain.model import Correspondent, Kept, Message, MessageKind, Party, Patient
from messaging.domain.replying import Reply

RESTORABLE = timedelta(days=30)
SUBJECT = "Message reçu par erreur"
TEXT = """Bonjour,

La personne qui a reçu votre message dans sa messagerie sécurisée de santé a indiqué qu'il ne la concerne pas. \
Le message et ses pièces jointes ont été masqués dans son espace.

Merci de vérifier l'adresse de votre destinataire.

Ce message a été généré automatiquement."""
"""Nothing of the letter and nothing of the patient is in it."""


class NotYourLetter(MessagingError):
    """Only a letter of a professional's can be set aside, and it can be taken back for 30 days."""

    code = "not-set-aside"
    sentence = _("Ce message ne peut pas être masqué ni affiché de nouveau.")


class Misdirected(Kept, frozen=True, kw_only=True):
    """A letter that a patient said is not theirs: it waits for an operator, who asks the sender's mail operator.

    Nothing of what the letter says is here; `sender_told` says whether the sender got the notice.
    """

    id: MessageId = field(name="_id")
    patient_id: PatientId
    set_aside_at: Instant
    sender_domain: str
    sender_told: bool


def misdirected(letter: Message, at: Instant, *, sender_told: bool) -> Misdirected:
    """What an operator is told of a letter that was set aside."""
    return Misdirected(
        id=letter.id,
        patient_id=letter.patient_id,
        set_aside_at=at,
        sender_domain=domain_of(letter.sender.address),
        sender_told=sender_told,
    )


def may_be_set_aside(message: Message) -> bool:
    """Whether the patient can say of it that it is not theirs."""
    return message.kind is MessageKind.LETTER and message.disowned_at is None


def may_be_taken_back(message: Message, at: Instant) -> bool:
    """Whether a letter set aside can still be shown again."""
    return message.disowned_at is not None and at - message.disowned_at <= RESTORABLE


def told_to(letter: Message, known: Correspondent | None, domains: Domains) -> Party | None:
    """Who gets the notice: the sender, unless they ended the exchange, are a program, or can't be written to."""
    address = letter.reply_to or letter.sender.address
    if letter.auto_reply or (known is not None and known.ended) or not domains.may_be_answered(address):
        return None
    return Party(name=letter.sender.name, address=address)


def notice_of(letter: Message, patient: Patient, to: Party, at: Instant) -> Reply:
    """The notice, on the road like a reply. Its id follows from the letter's: it leaves once."""
    notice_id = derived_id(patient.id, "not-mine", letter.id)
    message_id = f"<{notice_id}@{patient.mailbox_address.rpartition('@')[2].lower()}>"
    references = tuple(link for link in (letter.message_id,) if link)
    notice = Message(
        id=notice_id,
        patient_id=patient.id,
        conversation_id=letter.conversation_id,
        kind=MessageKind.REPLY,
        sender=patient.party,
        recipients=(to,),
        at=at,
        subject=SUBJECT,
        text=TEXT,
        message_id=message_id,
        references=references,
        links=(message_id, *references),
        refers=True,
    )
    return Reply(message=notice, consignments=consigned(notice, (to,), at))
