"""Filters of the list, combinable: unread, with documents, of one professional, ended."""

from collections.abc import Iterable

from msgspec import Struct

from messaging.domain.drafting import tick_of
from messaging.domain.facets import Facet, by
from messaging.domain.model import Conversation, Correspondent


class Filters(Struct, frozen=True, kw_only=True):
    """What the list is narrowed to. `professional` is a tick; all that are set must hold."""

    unread: bool = False
    files: bool = False
    ended: bool = False
    professional: str | None = None

    @property
    def any(self) -> bool:
        """Whether the list is narrowed at all."""
        return self != NO_FILTER

    def keeps(self, row: Conversation) -> bool:
        """Whether a row that stands in the list asked for is also as unread, and with documents, as wanted."""
        return (row.unread > 0 or not self.unread) and (row.with_files or not self.files)


NO_FILTER = Filters()


def lists_for(filters: Filters, ended: Iterable[Correspondent]) -> list[str]:
    """The lists whose rows together hold what the filters keep, and little else.

    `ended` are the professionals who put an end to the exchange: a conversation is ended by any who wrote in it.
    """
    if filters.ended:
        ticks = {tick_of(record.address) for record in ended if record.ended}
        wanted = ticks & {filters.professional} if filters.professional else ticks
        return sorted(by(tick) for tick in wanted)
    if filters.professional:
        return [by(filters.professional)]
    if filters.unread and filters.files:
        return [Facet.UNREAD_FILES]
    if filters.unread:
        return [Facet.UNREAD]
    return [Facet.FILES if filters.files else Facet.ALL]
