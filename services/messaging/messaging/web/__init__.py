"""Messaging's pages: the mailbox, conversations, drafts and attachments, in the guide's words.

Handlers ask for these by name: `store`, `objects`, `originals` (letters as received), `domains` (who may be
answered), `reader` (a `DocumentReader` for structured documents), `previewer` (pages of PDFs) and `news` (a
`MailboxNews` that a follower of `messaging.events` feeds with `tell`).
"""

from pathlib import Path

from litestar import Controller

from chassis.i18n import mark as _
from chassis.web import Toast, WebPages
from messaging.domain import welcome
from messaging.web.address import AddressPage
from messaging.web.attachments import AttachmentPages
from messaging.web.conversations import ConversationPages
from messaging.web.disowning import Disowning
from messaging.web.documents import DocumentPages
from messaging.web.draft_files import DraftFiles
from messaging.web.drafts import DraftPages
from messaging.web.live import MailboxNews
from messaging.web.mailbox import MailboxPages
from messaging.web.messages import MessagePages
from messaging.web.new_message import NewMessagePages
from messaging.web.overview import OverviewPiece
from messaging.web.preferences import PreferencePages
from messaging.web.removed_drafts import RemovedDraftPages
from messaging.web.search import SearchPages
from messaging.web.sending import SendingPages
from messaging.web.shortcuts import ShortcutPages
from messaging.web.taking_away import TakingAway
from messaging.web.upkeep import UpkeepPages
from messaging.web.uploads import Uploads

__all__ = ["PAGES", "MailboxNews", "controllers"]

HERE = Path(__file__).parent

controllers: list[type[Controller]] = [
    MailboxPages,
    AddressPage,
    OverviewPiece,
    NewMessagePages,
    UpkeepPages,
    SearchPages,
    ConversationPages,
    MessagePages,
    TakingAway,
    Disowning,
    SendingPages,
    PreferencePages,
    ShortcutPages,
    AttachmentPages,
    DocumentPages,
    DraftPages,
    DraftFiles,
    RemovedDraftPages,
    Uploads,
]

PAGES = WebPages(
    prefix="/messagerie",
    templates=HERE / "templates",
    static=HERE / "static",
    locale=HERE.parent / "locale",
    toasts={
        "message-sent": _("Message envoyé"),
        "sending-again": _("Nouvel envoi en cours"),
        "preferences-chosen": _("Vos choix sont enregistrés"),
        "sending-ended": _("Envoi abandonné"),
        "selection-added": _("Sélection ajoutée"),
        "draft-saved": _("Brouillon enregistré"),
        "draft-removed": Toast(
            _("Brouillon supprimé"), "/messagerie/brouillons/supprimes", _("Annuler la suppression")
        ),
        "draft-restored": _("Brouillon repris"),
        "recipients-changed": _("Les destinataires du brouillon ont été changés"),
        "message-set-aside": _("Message masqué"),
        "message-taken-back": _("Message affiché de nouveau"),
        "marked-unread": _("Conversation marquée comme non lue"),
        "conversation-deleted": Toast(
            _("Conversation supprimée"), "/messagerie/corbeille", _("Voir la corbeille")
        ),
        "conversation-restored": _("Conversation restaurée"),
        "document-added": Toast(_("Document ajouté"), "/documents/{id}", _("Voir le document")),
    },
    names={"welcome": welcome},
    labels={"texte": _("Mon message"), "objet": _("Objet"), "nom": _("Nom du document")},
)
