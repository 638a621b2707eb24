"""A letter goes back to its sender: a delivery status notification (RFC 3464) says why it was not delivered."""

from email.utils import format_datetime

from contracts.base import Instant
from messaging.composing import Letterhead
from messaging.domain.model import Party
from messaging.receipts import Told, compose_report

WORDS = (
    "Votre message n'a pas été remis à {address} : cette messagerie est fermée.\n\n"
    "Your message was not delivered to {address}: this mailbox is closed.\n"
)
CLOSED = "5.2.1"
"""RFC 3463: the mailbox is disabled, not accepting messages."""


def compose_return(
    header: bytes, mailbox: str, sender: Party, letterhead: Letterhead, *, return_id: str, at: Instant
) -> bytes:
    """What tells `sender` that the letter taken at `at` was for a closed mailbox. The same bytes each time.

    `header` is the letter's own header block, which comes along.
    """
    domain = mailbox.rpartition("@")[2]
    fields = (
        f"Reporting-MTA: dns; {domain}",
        f"Arrival-Date: {format_datetime(at)}",
        "",
        f"Final-Recipient: rfc822; {mailbox}",
        "Action: failed",
        f"Status: {CLOSED}",
    )
    told = Told(
        kind="delivery-status",
        media_type="message/delivery-status",
        subject="Message non remis",
        text=WORDS.format(address=mailbox),
        fields=fields,
        header=header,
    )
    house = Party(name=letterhead.product, address=f"postmaster@{domain}")
    return compose_report(told, house, sender, letterhead, report_id=return_id, at=at)
