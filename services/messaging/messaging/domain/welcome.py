"""The message every mailbox begins with, word for word as in the guide, p. "J'arrive sur la page d'accueil"."""

from msgspec.structs import replace

from chassis.i18n import Translate
from chassis.i18n import mark as _
from contracts.base import Instant
from messaging.domain.identifiers import derived_id
from messaging.domain.model import Message, MessageKind, Party, Patient

SUBJECT = _("Bienvenue dans votre messagerie {service}")
TEXT = _(
    """Bienvenue dans votre messagerie {service},

Retrouvez dans cette messagerie l'ensemble des messages envoyés par vos professionnels de santé. \
Seul un professionnel de santé peut initier un premier échange avec vous. \
Vous avez ensuite la possibilité de lui répondre.

Si vous recevez des pièces jointes, vous pouvez les enregistrer et les classer dans la partie \
"Documents" de {service}. Lors de vos prochaines consultations, n'hésitez pas à indiquer à votre \
professionnel de santé qu'il peut vous contacter via cette messagerie.

Une question ? Vous pouvez cliquer sur "Aide" dans la partie "Profil de {service}."

Avec toute mon attention,

--

Votre correspondant {service}

Information : ce message a été généré automatiquement, merci de ne pas y répondre."""
)
EMPHASISED = (
    _("Seul un professionnel de santé peut initier un premier échange avec vous."),
    _("Votre correspondant {service}"),
)
"""What the guide prints in bold."""


def subject_in(subject: str, service_name: str, say: Translate) -> str:
    """A subject of the service's, in the reader's language; one under another name of the service as kept."""
    return _said(SUBJECT, subject, service_name, say)


def in_language(message: Message, service_name: str, say: Translate) -> Message:
    """The welcome message in the reader's language, kept in French as it is; any other as it is."""
    if message.kind is not MessageKind.SERVICE:
        return message
    subject = subject_in(message.subject, service_name, say)
    return replace(message, subject=subject, text=_said(TEXT, message.text, service_name, say))


def _said(source: str, kept: str, service_name: str, say: Translate) -> str:
    if kept != source.format(service=service_name):
        return kept
    return say(source).replace("{service}", service_name)


def welcome_message(patient: Patient, service_name: str, at: Instant) -> Message:
    """The welcome message of a patient, from the service, not answerable; the same id however often made."""
    message_id = derived_id(patient.id, "welcome")
    return Message(
        id=message_id,
        patient_id=patient.id,
        conversation_id=message_id,
        kind=MessageKind.SERVICE,
        sender=Party(name=service_name, address=""),
        recipients=(patient.party,),
        at=at,
        subject=SUBJECT.format(service=service_name),
        text=TEXT.format(service=service_name),
        message_id="",
    )
