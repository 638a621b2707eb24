"""Why a reply did not arrive, in codes that stay; the page has words for each."""

import re
from enum import StrEnum


class DeliveryReason(StrEnum):
    """Kept with the delivery and told on the bus."""

    REFUSED = "refused"
    """The professional's server said so for good (5xx), without telling more."""
    NO_SUCH_ADDRESS = "no-such-address"
    """There is no such mailbox, or no server for its domain, or the server cannot be given that address."""
    MAILBOX_CLOSED = "mailbox-closed"
    """The mailbox exists and takes nothing."""
    MAILBOX_FULL = "mailbox-full"
    TOO_LARGE = "too-large"
    """The professional's server takes no message of that size."""
    NOT_WANTED = "not-wanted"
    """Refused for its content, its sender, or a policy."""
    TOO_LATE = "too-late"
    """No server took it within 48 hours, or the one that did gave up handing it on."""
    DAMAGED = "damaged"
    """A file of it is gone or is not what it was: it cannot be composed."""
    GIVEN_UP = "given-up"
    """The patient gave it up."""


_ENHANCED = re.compile(r"\b5\.([0-9]{1,3})\.([0-9]{1,3})\b")
_BY_DETAIL = {
    ("1", "1"): DeliveryReason.NO_SUCH_ADDRESS,
    ("1", "2"): DeliveryReason.NO_SUCH_ADDRESS,
    ("1", "3"): DeliveryReason.NO_SUCH_ADDRESS,
    ("1", "6"): DeliveryReason.NO_SUCH_ADDRESS,
    ("1", "10"): DeliveryReason.NO_SUCH_ADDRESS,
    ("2", "1"): DeliveryReason.MAILBOX_CLOSED,
    ("2", "2"): DeliveryReason.MAILBOX_FULL,
    ("2", "3"): DeliveryReason.TOO_LARGE,
    ("3", "4"): DeliveryReason.TOO_LARGE,
}


def reason_for(words: str, code: int = 550) -> DeliveryReason:
    """The reason in a refusal's enhanced status code (RFC 3463), else in its basic one (RFC 5321 §4.2.3)."""
    found = _ENHANCED.search(words)
    if found is None:
        return DeliveryReason.TOO_LARGE if code == 552 else DeliveryReason.REFUSED
    subject, detail = found.groups()
    if subject == "7":
        return DeliveryReason.NOT_WANTED
    return _BY_DETAIL.get((subject, detail), DeliveryReason.REFUSED)
