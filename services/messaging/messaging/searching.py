"""Searching the mailbox: a page of messages, the latest first, and how many there are up to a thousand."""

from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from chassis.identity import Identity
from messaging.domain.model import Conversation, Message
from messaging.domain.searching import Query, read_query, volume_of
from messaging.store import MessagingStore
from messaging.store.finding import Findings, FoundKey

RESULTS_A_PAGE = 50
COUNTED = 1_000
"""More results than this are not counted."""
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


class Result(Struct, frozen=True):
    """A message that was found, and the row of its conversation."""

    message: Message
    conversation: Conversation


class Results(Struct, frozen=True, kw_only=True):
    """A page of results. `older` is where the next page begins.

    `count` is exact up to 1,000, None above, where it was not asked for or the search had to stop before its end,
    and on all pages but the first. `complete` says that nothing older is left to look through.
    """

    query: Query | None
    results: tuple[Result, ...] = ()
    older: FoundKey | None = None
    count: int | None = None
    more_than_counted: bool = False
    complete: bool = True

    @property
    def counted(self) -> bool:
        """Whether it is known how many there are, or that there are more than 1,000."""
        return self.count is not None or self.more_than_counted


async def search(
    store: MessagingStore,
    identity: Identity,
    text: str,
    older_than: FoundKey | None = None,
    *,
    counted: bool = False,
) -> Results:
    """What is found of the patient's own messages; nothing where the text has no word to search for.

    Unless `counted`, no more is looked through than a page needs: its time is the same in any mailbox.
    """
    query = read_query(text)
    if query is None:
        return Results(query=None)
    found = await _find(store, identity.patient_id, query, older_than, counted=counted)
    shown = [key.id for key in found.keys[:RESULTS_A_PAGE]]
    results = await _results(store, identity.patient_id, shown)
    return replace(_told(query, found, first_page=older_than is None), results=results)


async def count_found(store: MessagingStore, identity: Identity, text: str) -> Results:
    """How many are found, as a counted `search` tells it, without the messages themselves."""
    query = read_query(text)
    if query is None:
        return Results(query=None)
    return _told(query, await _find(store, identity.patient_id, query, None, counted=True), first_page=True)


async def _find(
    store: MessagingStore, patient_id: str, query: Query, older_than: FoundKey | None, *, counted: bool
) -> Findings:
    newest = older_than.volume if older_than else volume_of((await store.mailbox(patient_id)).letters)
    most = COUNTED + 1 if counted and older_than is None else RESULTS_A_PAGE + 1
    hidden = await store.trashed_messages(patient_id)
    return await store.find(patient_id, query, newest, most=most, hidden=hidden, older_than=older_than)


def _told(query: Query, found: Findings, *, first_page: bool) -> Results:
    complete = found.reached is None
    return Results(
        query=query,
        older=_older(found.keys, found.reached),
        count=len(found.keys) if first_page and complete and len(found.keys) <= COUNTED else None,
        more_than_counted=first_page and len(found.keys) > COUNTED,
        complete=complete or len(found.keys) > RESULTS_A_PAGE,
    )


def _older(keys: tuple[FoundKey, ...], reached: int | None) -> FoundKey | None:
    """The last result shown, or where looking had to stop."""
    if len(keys) > RESULTS_A_PAGE:
        return keys[RESULTS_A_PAGE - 1]
    return FoundKey(reached, _BEFORE_ALL, "") if reached is not None else None


async def _results(store: MessagingStore, patient_id: str, ids: list[str]) -> tuple[Result, ...]:
    messages = {one.id: one for one in await store.messages_by_id(patient_id, ids)} if ids else {}
    homes = sorted({one.conversation_id for one in messages.values()})
    rows = {row.id: row for row in await store.conversations(patient_id, homes)} if homes else {}
    there = (messages[one] for one in ids if one in messages)
    return tuple(Result(one, rows[one.conversation_id]) for one in there if one.conversation_id in rows)
