"""What a patient sees of their mailbox: their address, the list of conversations, what is unread."""

from collections.abc import Sequence

from msgspec import Struct

from chassis.identity import Identity
from messaging.domain.drafting import tick_of
from messaging.domain.filters import NO_FILTER, Filters, lists_for
from messaging.domain.list_news import Look, look_of
from messaging.domain.model import Correspondent, Mailbox, Patient
from messaging.domain.wishes import NO_WISH, Wishes
from messaging.store import PAGE_SIZE, MailboxPage, MessagingStore, PageKey


class ListPlace(Struct, frozen=True, kw_only=True):
    """Which page of the list is wanted, by key. `first` is the number of its first row, as a link told it."""

    older_than: PageKey | None = None
    newer_than: PageKey | None = None
    first: int = 1


FIRST_PAGE = ListPlace()


class MailboxView(Struct, frozen=True, kw_only=True):
    """The mailbox page: its owner, its counters and one page of the list, as of this moment.

    `professional` names the one whose conversations the list is narrowed to. `troubled` are the rows with a reply
    that did not arrive, about which the patient has decided nothing yet.
    """

    patient: Patient
    mailbox: Mailbox
    page: MailboxPage
    first: int
    filters: Filters = NO_FILTER
    professional: str | None = None
    troubled: frozenset[str] = frozenset()
    wishes: Wishes = NO_WISH

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.first + len(self.page.rows) - 1

    @property
    def total(self) -> int | None:
        """How many rows the whole list has; None for a narrowed one that goes on."""
        if not self.filters.any:
            return self.mailbox.conversations
        return None if self.page.older else self.last

    @property
    def look(self) -> Look:
        """How this page of the list looks; two of the same look show the same."""
        ids = [row.id for row in self.page.rows]
        return look_of(ids, self.mailbox.letters, self.mailbox.revision, *sorted(self.troubled))

    @property
    def written_to(self) -> bool:
        """Whether a professional has ever written."""
        return self.mailbox.letters > 0


async def look_into(
    store: MessagingStore, identity: Identity, place: ListPlace = FIRST_PAGE, filters: Filters = NO_FILTER
) -> MailboxView:
    """The patient's mailbox. Raises `NotYet` while it is being opened."""
    patient = await store.patient(identity.patient_id)
    mailbox = await store.mailbox(identity.patient_id)
    people = await store.everyone_known(identity.patient_id) if filters.ended or filters.professional else []
    page = await store.mailbox_page(
        identity.patient_id,
        lists=lists_for(filters, people),
        keeps=filters.keeps,
        total=mailbox.conversations,
        revision=mailbox.revision,
        older_than=place.older_than,
        newer_than=place.newer_than,
    )
    troubled = await store.troubled_among(identity.patient_id, [row.id for row in page.rows])
    return MailboxView(
        patient=patient,
        mailbox=mailbox,
        page=page,
        first=_first(place, page, mailbox),
        filters=filters,
        professional=_name_of(filters.professional, people),
        troubled=frozenset(troubled),
        wishes=await store.wishes(identity.patient_id),
    )


def _name_of(tick: str | None, people: Sequence[Correspondent]) -> str | None:
    return next((record.name for record in people if tick_of(record.address) == tick), None)


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


async def who_wrote(store: MessagingStore, identity: Identity) -> list[Correspondent]:
    """The professionals who have written, by name."""
    people = await store.everyone_known(identity.patient_id)
    return sorted(
        (one for one in people if one.last_letter_at), key=lambda one: (one.name.casefold(), one.address)
    )
