"""What can go wrong in a mailbox, each with its code and the sentence for the patient."""

from collections.abc import Sequence
from datetime import datetime

from chassis.errors import Kind, PliError
from chassis.i18n import mark as _


class MessagingError(PliError):
    """Root of this service's errors."""

    status = 409


class ReplyBlocked(MessagingError):
    """Nobody, or not this one, may be answered in this conversation. `blocked` is the reason code."""

    code = "reply-blocked"
    sentence = _("Vous ne pouvez pas répondre à cette conversation.")

    def __init__(self, blocked: str) -> None:
        super().__init__(f"no reply here: {blocked}")
        self.blocked = blocked


class NobodyChosen(MessagingError):
    """No recipient is ticked."""

    code = "nobody-chosen"
    sentence = _("Choisissez au moins un destinataire.")


class SubjectRefused(MessagingError):
    """The "Objet" of a new message is empty or too long; `fault` says which."""

    code = "subject-refused"
    status = 422
    sentence = _("Donnez un objet à votre message, de 100 caractères au plus.")

    def __init__(self, fault: str) -> None:
        super().__init__(f"subject is {fault}")
        self.fault = fault


class NothingToSend(MessagingError):
    """The draft has neither text nor document (journeys §6)."""

    code = "nothing-to-send"
    sentence = _("Écrivez un message ou ajoutez un document avant d'envoyer.")


class NothingPicked(MessagingError):
    """No document is ticked in the picker."""

    code = "nothing-picked"
    status = 422
    sentence = _("Aucun document n'est coché. Cochez ceux que vous voulez joindre, puis Ajouter.")


class TextTooLong(MessagingError):
    """The text passes 20,000 characters."""

    code = "text-too-long"
    sentence = _("Votre message dépasse 20 000 caractères.")


class FilesHoldBack(MessagingError):
    """Files of the draft keep it from being sent. `files` are their names."""

    code = "files-hold-back"
    sentence = _("Un document empêche l'envoi. Retirez-le ou attendez qu'il soit prêt.")

    def __init__(self, files: Sequence[str]) -> None:
        super().__init__(f"{len(files)} files")
        self.files = tuple(files)


class FilesNotReady(FilesHoldBack):
    """A file of the draft is still waited for."""

    code = "files-not-ready"
    sentence = _("Un document est encore en préparation. Vous pourrez envoyer dès qu'il sera prêt.")


class FilesRefused(FilesHoldBack):
    """A file of the draft was refused and is still in it."""

    code = "files-refused"
    sentence = _("Un document n'a pas pu être ajouté. Retirez-le avant d'envoyer.")


class AttachmentsTooLarge(MessagingError):
    """The attachments pass what one message may carry."""

    code = "attachments-too-large"
    sentence = _("La taille de l'ensemble des documents en pièces jointes ne doit pas excéder 10 Mo.")

    def __init__(self, total: int, limit: int) -> None:
        super().__init__(f"attachments take {total} bytes, at most {limit} may be sent")
        self.total = total
        self.limit = limit


class DraftChangedElsewhere(MessagingError):
    """Another device saved this draft first: both texts are shown, nothing is overwritten."""

    code = "draft-changed-elsewhere"
    sentence = _("Ce brouillon a été modifié sur un autre appareil ou dans un autre onglet.")


class AnotherDraft(MessagingError):
    """A draft can't be taken back: another one was begun in its conversation since. `draft_id` is that one."""

    code = "another-draft"
    sentence = _("Un autre brouillon est commencé dans cette conversation. Envoyez-le ou supprimez-le d'abord.")

    def __init__(self, draft_id: str) -> None:
        super().__init__(f"draft {draft_id} is in its place")
        self.draft_id = draft_id


class TooManyReplies(MessagingError):
    """The patient, or all patients together to one professional, have sent as much as they may for now.

    `until` is when one more may leave; `name` the professional's, None when it is the patient's own allowance.
    """

    code = "too-many-replies"
    status = 429
    sentence = _("Vous avez envoyé beaucoup de messages en peu de temps. Vous pourrez envoyer celui-ci plus tard.")

    def __init__(self, until: datetime, name: str | None = None) -> None:
        super().__init__(f"not before {until.isoformat()}")
        self.until = until
        self.name = name


class LetterGone(MessagingError):
    """The raw letter named by an intake record is not in `incoming/`."""

    code = "letter-gone"
    kind = Kind.TRANSIENT
