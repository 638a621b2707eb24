"""What can go wrong in the notifier, in one taxonomy."""

from chassis.errors import Kind, PliError
from contracts.notifier import ADDRESS_REFUSED


class NotifierError(PliError):
    """Root of the notifier's errors."""


class SigningKeyUnknown(NotifierError):
    """A code names a key of auth that was never published, or is not here yet."""

    code = "signing-key-unknown"
    kind = Kind.TRANSIENT


class SealedToAnother(NotifierError):
    """A code was sealed to a key that is not ours."""

    code = "sealing-key-unknown"


class AddressUnusable(NotifierError):
    """An address that no relay would take."""

    code = "address-unusable"


class NoticeRefused(NotifierError):
    """The relay or the provider refuses this notice for good (5xx); `enhanced` is RFC 3463's status, or None."""

    code = "notice-refused"

    def __init__(self, status: int, enhanced: str | None = None) -> None:
        super().__init__(f"refused for good with {status} {enhanced or ''}".rstrip())
        self.smtp_status = status
        self.enhanced = enhanced


class AddressRefused(NoticeRefused):
    """The relay knows no such address, or its mailbox takes nothing: not this notice is wrong, the address is."""

    code = ADDRESS_REFUSED


class NoticeDelayed(NotifierError):
    """The relay or the provider refuses this notice for now (4xx)."""

    code = "notice-delayed"
    kind = Kind.TRANSIENT

    def __init__(self, status: int) -> None:
        super().__init__(f"refused for now with {status}")
        self.smtp_status = status


class NoticeUnanswered(NotifierError):
    """The relay was given all of a notice and then said nothing more: it may have taken it, or not."""

    code = "notice-unanswered"
    kind = Kind.TRANSIENT


class NoticeUnderWay(NotifierError):
    """A notice comes back before its sending is committed here: in a moment it is."""

    code = "notice-under-way"
    kind = Kind.TRANSIENT
