"""Why a reply did not arrive, in codes that stay; the page has words for each."""

from enum import StrEnum


class DeliveryReason(StrEnum):
    """Kept with the delivery and told on the bus."""

    REFUSED = "refused"
    """The professional's server said so for good (5xx), or cannot be given that address."""
    TOO_LATE = "too-late"
    """No server took it within 48 hours."""
    DAMAGED = "damaged"
    """A file of it is gone or is not what it was: it cannot be composed."""
