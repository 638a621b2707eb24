"""Codes and states in a patient's words. Marked here, translated where they are shown."""

from chassis.i18n import mark as _
from messaging.domain.reasons import DeliveryReason

DELIVERY_WORDS: dict[str, str] = {
    "queued": _("En cours d'envoi à %(name)s"),
    "sending": _("En cours d'envoi à %(name)s"),
    "accepted": _("Remis au serveur de messagerie de %(name)s"),
    "delivered": _("Remis à %(name)s"),
    "read": _("Lu le %(when)s par %(name)s"),
    "failed": _("Non remis à %(name)s"),
    "given-up": _("Non remis à %(name)s"),
}
DELIVERY_LATE = _("Pas encore remis à %(name)s, nous réessayons")
DELIVERY_TONES: dict[str, str] = {
    "accepted": "good",
    "delivered": "good",
    "read": "good",
    "failed": "bad",
    "given-up": "bad",
}

DELIVERY_REASONS: dict[str, str] = {
    DeliveryReason.REFUSED: _("son serveur de messagerie a refusé le message"),
    DeliveryReason.NO_SUCH_ADDRESS: _("cette adresse n'existe pas, ou n'existe plus"),
    DeliveryReason.MAILBOX_CLOSED: _("sa messagerie ne reçoit plus de messages"),
    DeliveryReason.MAILBOX_FULL: _("sa messagerie est pleine"),
    DeliveryReason.TOO_LARGE: _("le message est trop volumineux pour sa messagerie"),
    DeliveryReason.NOT_WANTED: _("sa messagerie n'accepte pas ce message"),
    DeliveryReason.TOO_LATE: _("son serveur de messagerie ne l'a pas pris à temps"),
    DeliveryReason.DAMAGED: _("un document joint n'a pas pu être lu"),
    DeliveryReason.GIVEN_UP: _("vous avez abandonné l'envoi"),
}

TOO_MANY_REPLIES = _(
    "Vous avez envoyé beaucoup de messages en peu de temps. Celui-ci est conservé : vous pourrez l'envoyer à"
    " partir du %(when)s."
)
PROFESSIONAL_BUSY = _(
    "%(name)s reçoit beaucoup de messages en ce moment. Le vôtre est conservé : vous pourrez l'envoyer à partir du"
    " %(when)s."
)

BLOCKED_WORDS: dict[str, str] = {
    "service-message": _("Ce message a été généré automatiquement, merci de ne pas y répondre."),
    "exchange-ended": _("%(name)s a mis fin à vos échanges"),
    "in-trash": _("Cette conversation est dans la corbeille. Restaurez-la pour répondre."),
    "nobody-to-answer": _("Aucun professionnel de santé ne peut être joint par cette conversation."),
}

KEEP_REFUSALS: dict[str, str] = {
    "format": _("Ce format de fichier n'est pas accepté dans vos documents."),
    "too-large": _("Ce fichier est trop volumineux pour vos documents."),
    "empty": _("Ce fichier est vide."),
    "title": _("Le nom du document n'est pas accepté."),
    "type": _("Le type de document n'est pas accepté."),
    "date": _("La date du document ne peut pas être dans le futur."),
    "claim-refused": _("Le fichier n'a pas pu être transmis. Vous pouvez réessayer."),
    "claim-mismatch": _("Le fichier a été abîmé pendant la copie. Vous pouvez réessayer."),
}
DOWNLOADED_ONLY: dict[str, str] = {
    "format": _(
        "Ce fichier ne peut pas être ajouté à vos documents, qui acceptent les formats jpeg, jpg, png, pdf, rtf,"
        " tif, tiff et txt. Vous pouvez le télécharger."
    ),
    "too-large": _(
        "Ce fichier ne peut pas être ajouté à vos documents, où chacun doit faire moins de 5 Mo. Vous pouvez le"
        " télécharger."
    ),
    "empty": _("Ce fichier est vide : il ne peut pas être ajouté à vos documents."),
}
KEEP_REFUSED = _("Le document n'a pas pu être ajouté. Vous pouvez réessayer.")

ROW_REFUSALS: dict[str, str] = {
    "profile-empty": _("Votre profil médical est vide : rien n'a été joint."),
    "not-found": _("Ce document n'existe plus."),
    "too-large": _("Avec ce document, le message dépasserait 10 Mo."),
    "format": _(
        "Ce format de fichier ne peut pas être joint. Formats acceptés : jpeg, jpg, png, pdf, rtf, tif, tiff, txt,"
        " et les photos d'iPhone (heic)."
    ),
    "picture-too-large": _("Avec cette photo, le message dépasserait 10 Mo. Vous pouvez la réduire."),
    "picture-broken": _("Cette image n'a pas pu être lue. Retirez-la et choisissez-en une autre."),
    "upload-lost": _("L'envoi de ce fichier est resté trop longtemps interrompu. Retirez-le et recommencez."),
    "attachments-too-large": _("Avec ce document, le message dépasserait 10 Mo."),
}
FILES_NOT_READY = _("Pas encore prêt : %(names)s. Vous pourrez envoyer votre message dès que ce sera fait.")
FILES_REFUSED = _("N'a pas pu être joint : %(names)s. Retirez ce document avant d'envoyer.")
ROW_REFUSED = _("Ce document n'a pas pu être joint.")

SUBJECT_FAULTS: dict[str, str] = {
    "empty": _("Donnez un objet à votre message."),
    "too-long": _("L'objet a au plus 100 caractères."),
}

FAILED = frozenset({"failed", "given-up"})
BLOCKED_RECIPIENT = _("Un destinataire ne peut plus recevoir de réponse. Votre message n'a pas été envoyé.")
