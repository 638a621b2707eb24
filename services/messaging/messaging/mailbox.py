"""What a patient sees of their mailbox: their address, the list of conversations, what is unread."""

from msgspec import Struct

from chassis.identity import Identity
from messaging.domain.model import Mailbox, Patient
from messaging.store import PAGE_SIZE, MailboxPage, MessagingStore, PageKey


class ListPlace(Struct, frozen=True, kw_only=True):
    """Which page of the list is wanted, by key. `first` is the number of its first row, as a link told it."""

    older_than: PageKey | None = None
    newer_than: PageKey | None = None
    first: int = 1


FIRST_PAGE = ListPlace()


class MailboxView(Struct, frozen=True, kw_only=True):
    """The mailbox page: its owner, its counters and one page of the list, as of this moment."""

    patient: Patient
    mailbox: Mailbox
    page: MailboxPage
    first: int

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.first + len(self.page.rows) - 1

    @property
    def written_to(self) -> bool:
        """Whether a professional has ever written."""
        return self.mailbox.letters > 0


async def look_into(store: MessagingStore, identity: Identity, place: ListPlace = FIRST_PAGE) -> MailboxView:
    """The patient's mailbox. Raises `NotYet` while it is being opened."""
    patient = await store.patient(identity.patient_id)
    mailbox = await store.mailbox(identity.patient_id)
    page = await store.mailbox_page(identity.patient_id, older_than=place.older_than, newer_than=place.newer_than)
    return MailboxView(patient=patient, mailbox=mailbox, page=page, first=_first(place, page, mailbox))


def _first(place: ListPlace, page: MailboxPage, mailbox: Mailbox) -> int:
    """The number told by the link that led here, within what can be."""
    if not page.rows or page.newer is None:
        return 1 if page.rows else 0
    highest = max(1, mailbox.conversations - len(page.rows) + 1)
    return min(max(place.first, 1), highest)


def number_after(view: MailboxView) -> int:
    """The number of the first row of the next, older page."""
    return view.last + 1


def number_before(view: MailboxView) -> int:
    """The number of the first row of the previous, newer page."""
    return max(1, view.first - PAGE_SIZE)


async def count_unread(store: MessagingStore, identity: Identity) -> int:
    """How many letters the patient has not opened."""
    return (await store.mailbox(identity.patient_id)).unread
