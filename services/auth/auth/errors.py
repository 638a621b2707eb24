"""What can go wrong at the door of the house, with the sentence the patient reads."""

from datetime import datetime

from chassis.errors import Kind, PliError
from chassis.i18n import mark as _


class AuthError(PliError):
    """Root of auth's errors."""

    code = "auth"


class WrongCredentials(AuthError):
    """Unknown account or wrong password: one answer for both."""

    code = "wrong-credentials"
    status = 401
    sentence = _("Identifiant ou mot de passe incorrect. Vérifiez votre saisie puis réessayez.")


class TriedTooOften(AuthError):
    """Too many failures: the next try is looked at from `until` on."""

    code = "tried-too-often"
    status = 409
    sentence = _("Trop de tentatives ont échoué.")

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the next try is looked at from {until.isoformat()} on")
        self.until = until


class AttemptOver(AuthError):
    """The log-in attempt is over: used, too old, no try left, or begun in another browser."""

    code = "attempt-over"
    status = 409
    sentence = _(
        "Cette connexion n'est plus valable. Saisissez à nouveau votre identifiant et votre mot de passe."
    )


class NoTryLeft(AttemptOver):
    """Five wrong codes were typed: this attempt takes no other (journeys §1)."""

    code = "no-try-left"
    sentence = _(
        "Trop de codes erronés ont été saisis. Saisissez à nouveau votre identifiant et votre mot de passe pour "
        "recevoir un nouveau code."
    )


class NoSuchChannel(AuthError):
    """The account has no contact for this channel."""

    code = "no-such-channel"
    sentence = _("Choisissez un mode de réception proposé.")


class CodeUnreadable(AuthError):
    """What was typed is no six-digit code."""

    code = "code-unreadable"
    sentence = _("Le code compte 6 chiffres.")

    def __init__(self, digits: int) -> None:
        super().__init__(f"{digits} digits were typed")
        self.digits = digits


class WrongCode(AuthError):
    """The code is wrong, expired or used; `tries_left` more may be tried."""

    code = "wrong-code"
    sentence = _("Ce code n'est pas le bon, ou n'est plus valable.")

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left


class SentJustNow(AuthError):
    """A code left by the same channel less than 30 seconds ago; another may be asked for from `until` on."""

    code = "sent-just-now"
    status = 409
    sentence = _("Un code vient de partir.")

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the next code may be sent from {until.isoformat()} on")
        self.until = until


class SentTooOften(AuthError):
    """Five codes were sent within the hour; the next may be asked for from `until` on."""

    code = "sent-too-often"
    status = 409
    sentence = _("Plusieurs codes vous ont déjà été envoyés.")

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the next code may be sent from {until.isoformat()} on")
        self.until = until


class NoSealingKey(AuthError):
    """The notifier has not published its key yet: no code can be sealed."""

    code = "no-sealing-key"
    kind = Kind.AWAY
    status = 503
    sentence = _("L'envoi des codes est momentanément indisponible. Vous pouvez réessayer dans un instant.")


class InvitationRefused(AuthError):
    """Unknown, expired or used code, or another person's name or date: one answer for all."""

    code = "invitation-refused"
    status = 422
    sentence = _(
        "Ces informations ne permettent pas d'activer un espace. Vérifiez votre nom de naissance, "
        "votre date de naissance et votre code ; il sert une seule fois, pendant six semaines."
    )


class InvitationNotHeld(AuthError):
    """This browser has not proved an invitation, or too long ago."""

    code = "invitation-not-held"
    status = 409
    sentence = _("Saisissez à nouveau les informations de votre courrier d'activation.")
