"""The list of conversations, beside every page of the mailbox: its place, its filters, its addresses."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from msgspec import Struct

from chassis.identity import Identity
from messaging.mailbox import MailboxView, look_into, number_after, number_before
from messaging.store import MessagingStore
from messaging.web.asking import LIST_FIELDS, PatientRequest, filters_of, key_text, on_the_clock_of, place_of

_NBSP = "\N{NO-BREAK SPACE}"
PLACE_FIELDS = ("anciennes", "recentes", "n")


class ListShown(Struct, frozen=True, kw_only=True):
    """The list of conversations as one page shows it. `current` is the conversation that is open, if one is.

    `focused`: the person asked for what is new, so the first row takes the focus.
    """

    view: MailboxView
    query: Mapping[str, str] = MappingProxyType({})
    current: str | None = None
    focused: bool = False

    @property
    def span(self) -> str:
        """« 1 - 50 »."""
        return self.span_of(len(self.view.page.rows))

    def span_of(self, rows: int) -> str:
        """The same of a page that shows so many rows."""
        return f"{self.view.first} - {self.view.first + rows - 1}"

    @property
    def total(self) -> str | None:
        """« 1 430 »; a narrowed list that goes on is not counted."""
        return None if self.view.total is None else f"{self.view.total:,}".replace(",", _NBSP)

    @property
    def older(self) -> str | None:
        """The address of the page that follows."""
        key = self.view.page.older
        return self._with(anciennes=key_text(key), n=number_after(self.view)) if key else None

    @property
    def newer(self) -> str | None:
        """The address of the page before."""
        key = self.view.page.newer
        if key is None:
            return None
        first = number_before(self.view)
        return self._with(recentes=key_text(key), n=first) if first > 1 else self.beginning

    @property
    def beginning(self) -> str:
        """The address of the first page of this list."""
        return self._with()

    @property
    def here(self) -> str:
        """What an address of a conversation carries so that the list beside it stays the same."""
        return f"?{urlencode(self.query)}" if self.query else ""

    @property
    def refresh(self) -> str:
        """The address that answers with this list when it has changed, and with nothing when not."""
        asked = {"vue": str(self.view.look), "ouverte": self.current or "", **self.query}
        return f"/messagerie/liste?{urlencode(asked)}"

    @property
    def anew(self) -> str:
        """The address that answers with the beginning of this list, whatever is shown."""
        asked = {"montrer": "1", "ouverte": self.current or "", **self._filters}
        return f"/messagerie/liste?{urlencode(asked)}"

    def without(self, field: str) -> str:
        """The address of the list without one of its filters."""
        left = {name: value for name, value in self._filters.items() if name != field}
        return f"/messagerie?{urlencode(left)}" if left else "/messagerie"

    def has(self, field: str) -> bool:
        """Whether the list is narrowed by this field of the address."""
        return field in self.query

    def toggled(self, field: str) -> str:
        """The address of the list with this filter, or without it where it is set."""
        if field in self.query:
            return self.without(field)
        return f"/messagerie?{urlencode(self._filters | {field: '1'})}"

    @property
    def _filters(self) -> dict[str, str]:
        return {name: value for name, value in self.query.items() if name not in PLACE_FIELDS}

    def _with(self, **place: object) -> str:
        asked = self._filters | place
        return f"?{urlencode(asked)}" if asked else "?"


async def list_shown(
    request: PatientRequest, store: MessagingStore, identity: Identity, current: str | None = None
) -> ListShown:
    """The list beside every page of the mailbox, at the place that the address asks for."""
    view = await look_into(store, identity, place_of(request), filters_of(request))
    on_the_clock_of(view.patient)
    query = {name: request.query_params[name] for name in LIST_FIELDS if name in request.query_params}
    focused = request.query_params.get("montrer") == "1"
    return ListShown(view=view, query=query, current=current, focused=focused)
