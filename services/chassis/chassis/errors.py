"""One taxonomy of errors: what kind each is, its stable code, and the sentence a patient reads."""

from enum import StrEnum
from typing import ClassVar

import aiokafka.errors
import msgspec
import pymongo.errors
import urllib3.exceptions
from minio.error import MinioException, S3Error

from chassis.i18n import mark as _


class Kind(StrEnum):
    """What is to be done with work that failed this way."""

    PERMANENT = "permanent"
    """Never works for this event or request: dead letter, or a refusal."""
    TRANSIENT = "transient"
    """May work in a moment: a few jittered retries, then a dead letter."""
    AWAY = "away"
    """A backing service is away: wait without limit, never a dead letter."""


class PliError(Exception):
    """Root of every error of ours. A service has one root of its own below it."""

    code: ClassVar[str] = "unexpected"
    kind: ClassVar[Kind] = Kind.PERMANENT
    status: ClassVar[int] = 400
    sentence: ClassVar[str] = _("Une erreur est survenue. Vous pouvez réessayer dans un instant.")


class BackingServiceAway(PliError):
    """The store, the objects, the bus, a relay or a scanner does not answer."""

    code = "backing-service-away"
    kind = Kind.AWAY
    status = 503
    sentence = _("Le service est momentanément indisponible. Vous pouvez réessayer dans un instant.")

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is away")
        self.what = what


class Unanswered(BackingServiceAway):
    """The store fell silent in the middle of a commit: whether it was made will only be seen once it is back."""

    code = "unanswered"
    sentence = _("Nous n'avons pas eu de réponse à temps : votre demande a peut-être été prise en compte.")
    next_step = _("Vérifiez-le avant de recommencer.")


class NotYet(PliError):
    """The patient is not known here yet: the event is kept aside, the page says the space is being prepared."""

    code = "unknown-patient"
    kind = Kind.TRANSIENT
    status = 503
    sentence = _("Votre espace est en cours de préparation. Cette page se recharge d'elle-même.")

    def __init__(self, patient_id: str) -> None:
        super().__init__(f"patient {patient_id} is not projected yet")
        self.patient_id = patient_id


class Undecodable(PliError):
    """A record on the bus is no event its contract can read."""

    code = "undecodable"


class ForeignSource(PliError):
    """A record's `ce_source` is not a declared producer of its topic."""

    code = "foreign-source"


class NotFound(PliError):
    """There is no such thing for this patient. The same answer whether it is another's or nobody's."""

    code = "not-found"
    status = 404
    sentence = _("Cette page n'existe pas, ou n'existe plus.")


class LogInNeeded(PliError):
    """The request carries no valid session."""

    code = "log-in-needed"
    status = 401
    sentence = _("Connectez-vous pour continuer.")


class CrossSiteRequest(PliError):
    """An unsafe request did not come from one of our own pages."""

    code = "cross-site-request"
    status = 403
    sentence = _("Cette demande ne vient pas d'une page du service. Rechargez la page puis réessayez.")


class BodyTooLarge(PliError):
    """A request's body passes its route's limit."""

    code = "body-too-large"
    status = 413
    sentence = _("L'envoi est trop volumineux.")


class UnreadableForm(PliError):
    """A form misses a field, or one cannot be read."""

    code = "unreadable-form"
    status = 400
    sentence = _("Le formulaire n'a pas pu être lu. Rechargez la page puis réessayez.")


class TooManyRequests(PliError):
    """The same caller asks too often."""

    code = "too-many-requests"
    status = 429
    sentence = _("Vous avez fait trop de tentatives. Patientez quelques minutes avant de réessayer.")


_AWAY_ERRORS: tuple[tuple[str, tuple[type[BaseException], ...]], ...] = (
    (
        "store",
        (
            pymongo.errors.ConnectionFailure,
            pymongo.errors.ExecutionTimeout,
            pymongo.errors.WTimeoutError,
            pymongo.errors.WaitQueueTimeoutError,
        ),
    ),
    ("objects", (urllib3.exceptions.HTTPError,)),
    (
        "bus",
        (
            aiokafka.errors.KafkaConnectionError,
            aiokafka.errors.KafkaTimeoutError,
            aiokafka.errors.NodeNotReadyError,
            aiokafka.errors.RequestTimedOutError,
        ),
    ),
)
AUTHENTICATION_FAILED = 18
_DECODING_ERRORS = (msgspec.DecodeError, msgspec.ValidationError)


def recognise(error: BaseException) -> PliError | None:
    """The error of ours that stands for this one, or None for one that nobody foresaw."""
    if isinstance(error, PliError):
        return error
    for what, family in _AWAY_ERRORS:
        if isinstance(error, family):
            return BackingServiceAway(what)
    if isinstance(error, S3Error):
        return BackingServiceAway("objects") if _is_passing(error) else None
    if isinstance(error, MinioException):
        return BackingServiceAway("objects")
    if isinstance(error, aiokafka.errors.KafkaError) and error.retriable:
        return BackingServiceAway("bus")
    if isinstance(error, pymongo.errors.OperationFailure) and error.code == AUTHENTICATION_FAILED:
        return BackingServiceAway("store")
    if isinstance(error, _DECODING_ERRORS):
        return Undecodable(str(error))
    return None


def _is_passing(error: S3Error) -> bool:
    """Credentials that are refused were changed under a running service: nobody's event is to blame."""
    status = getattr(error.response, "status", 500)
    return int(status) >= 500 or error.code in ("InvalidAccessKeyId", "SignatureDoesNotMatch")


def kind_of(error: BaseException) -> Kind:
    """What to do after this error; one that nobody foresaw may be gone at the next try."""
    known = recognise(error)
    return known.kind if known else Kind.TRANSIENT
