"""Pages of the lists in which conversations stand, at the same cost wherever they lie: `domain/facets.py`."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property

from msgspec import Struct

from chassis.store import Row, Store, Tx
from messaging.domain.facets import GRADES, Facet, graded
from messaging.domain.model import Conversation
from messaging.store.paging import PageKey
from messaging.store.rows import reading, struct_of

PAGE_SIZE = 50
SPARSE = 200
"""A mailbox of no more conversations than this is read at once."""
MOST_EXAMINED = 1_500
"""Rows looked at for one page; the next page goes on from there."""
TICK = timedelta(milliseconds=1)
"""Instants of the store are whole milliseconds."""
LEFT_OUT = {"voices": 0, "facets": 0}
PLACES = {"last_activity_at": 1}
REMEMBERED = 20_000
"""Lists of which a process remembers where their first page ended."""
MOST_CHANGED = 200
"""Changes of a mailbox, each of which moves one row to the front at most, after which that is no guide."""

Keeps = Callable[[Conversation], bool]


class MailboxPage(Struct, frozen=True, kw_only=True):
    """Up to 50 rows of the list, latest activity first.

    `older` and `newer` are what to ask for the neighbouring pages, None where there is none.
    """

    rows: tuple[Conversation, ...]
    older: PageKey | None
    newer: PageKey | None


class Walked(Struct, frozen=True, kw_only=True):
    """Rows in the order of the walk, and where to go on from; None at the list's end."""

    rows: tuple[Conversation, ...]
    reached: PageKey | None


class Window(Struct, frozen=True):
    """Rows beyond `near`, up to and with the instant of `far`; without it, to the list's end."""

    near: PageKey | None
    far: PageKey | None
    newer: bool

    def queries(self, patient_id: str, facet: str) -> list[Row]:
        """Each has equalities and one range, as the index is made; one after the other they are the window."""
        whose: Row = {"patient_id": patient_id, "facets": facet}
        beyond, within, past = ("$gt", "$lt", TICK) if self.newer else ("$lt", "$gt", -TICK)
        limits = {beyond: self.near.at} if self.near else {}
        # not `$gte`: not every store finds rows at the very bound of an index with a field behind it
        limits |= {within: self.far.at + past} if self.far else {}
        level = [{**whose, "last_activity_at": self.near.at, "_id": {beyond: self.near.id}}] if self.near else []
        return [*level, {**whose, "last_activity_at": limits} if limits else whose]


class FirstPages:
    """Where the first pages of lists ended when they were last read: how far to read at once for the next view.

    A guess that only saves asking the grades: what it misses is read after it, and it is none once so much has
    changed in the mailbox that too many rows may stand before it. The lists asked for longest ago are forgotten
    first.
    """

    def __init__(self) -> None:
        self._ends: dict[tuple[str, str], tuple[PageKey, int]] = {}

    def end_of(self, patient_id: str, facet: str, revision: int) -> PageKey | None:
        """Where the page ended, if it is remembered and the mailbox, now at `revision`, is much the same."""
        end, then = self._ends.get((patient_id, facet), (None, 0))
        return end if revision - then <= MOST_CHANGED else None

    def remember(self, patient_id: str, facet: str, end: PageKey, revision: int) -> None:
        """Where it ends now."""
        self._ends.pop((patient_id, facet), None)
        self._ends[patient_id, facet] = (end, revision)
        if len(self._ends) > REMEMBERED:
            del self._ends[next(iter(self._ends))]


class Walks(Store[Tx]):
    """Collection `conversations`, as lists."""

    @cached_property
    def _first_pages(self) -> FirstPages:
        return FirstPages()

    async def mailbox_page(
        self,
        patient_id: str,
        *,
        lists: Iterable[str] = (Facet.ALL,),
        keeps: Keeps = lambda row: True,
        total: int = 0,
        revision: int = 0,
        older_than: PageKey | None = None,
        newer_than: PageKey | None = None,
        size: int = PAGE_SIZE,
    ) -> MailboxPage:
        """A page of what `keeps` keeps of these lists together: the first, or what lies beyond a key.

        `total` is how many conversations the mailbox has, more or less, `revision` how often it changed. A page
        is shorter than `size` with a key to go on from when too much would have to be looked at.
        """
        newer, near = newer_than is not None, newer_than or older_than
        walks = [
            self.walk(
                patient_id,
                facet,
                near,
                most=size + 1,
                sparse=total <= SPARSE,
                revision=revision,
                newer=newer,
                keeps=keeps,
            )
            for facet in lists
        ]
        merged = _merged(await asyncio.gather(*walks), newer=newer)
        return _page(merged, size, newer=newer, moved=near is not None)

    async def walk(
        self,
        patient_id: str,
        facet: str,
        near: PageKey | None,
        *,
        most: int,
        sparse: bool,
        revision: int,
        newer: bool,
        keeps: Keeps,
    ) -> Walked:
        """The first `most` rows that `keeps` keeps of a list beyond `near`, or as many as could be looked at.

        Where the first page ends is remembered if all rows are kept: a narrowed one's says nothing of the list.
        """
        kept: list[Conversation] = []
        examined, edge = 0, near
        from_the_top = near is None and not newer
        far = self._first_pages.end_of(patient_id, facet, revision) if from_the_top else None
        while True:
            if far is None and not sparse:
                far = await self._milestone(patient_id, facet, edge, newer=newer)
            rows = await self._within(patient_id, facet, Window(edge, far, newer))
            kept += filter(keeps, rows)
            examined += len(rows)
            if len(kept) >= most:
                reached = key_of(kept[most - 1])
                if from_the_top and len(kept) == examined:
                    self._first_pages.remember(patient_id, facet, reached, revision)
                return Walked(rows=tuple(kept[:most]), reached=reached)
            if far is None:
                return Walked(rows=tuple(kept), reached=None)
            edge, far = PageKey(at=far.at, id="~" if newer else ""), None
            if examined >= MOST_EXAMINED:
                return Walked(rows=tuple(kept), reached=edge)

    async def _milestone(
        self, patient_id: str, facet: str, near: PageKey | None, *, newer: bool
    ) -> PageKey | None:
        """A place some 64 rows away, None when the list's end is nearer; the sparsest grade is asked first."""
        far: PageKey | None = None
        for grade in range(GRADES, 0, -1):
            places = await self._places(patient_id, graded(facet, grade), Window(near, far, newer))
            nearest = 1 if grade == 1 else 0
            if len(places) > nearest:
                far = places[nearest]
        return far

    async def _within(self, patient_id: str, facet: str, window: Window) -> list[Conversation]:
        rows = await self._found(patient_id, facet, window, LEFT_OUT)
        return [struct_of(Conversation, row) for row in rows]

    async def _places(self, patient_id: str, facet: str, window: Window) -> list[PageKey]:
        rows = await self._found(patient_id, facet, window, PLACES)
        return [PageKey(at=row["last_activity_at"], id=row["_id"]) for row in rows]

    async def _found(self, patient_id: str, facet: str, window: Window, fields: Mapping[str, int]) -> list[Row]:
        direction = 1 if window.newer else -1
        found: list[Row] = []
        with reading(None):
            for query in window.queries(patient_id, facet):
                cursor = self.collection("conversations").find(query, fields)
                found += await cursor.sort([("last_activity_at", direction), ("_id", direction)]).to_list()
        return found


def key_of(row: Conversation) -> PageKey:
    """The place of a row in its lists."""
    return PageKey(at=row.last_activity_at, id=row.id)


def _merged(walks: Sequence[Walked], *, newer: bool) -> Walked:
    """Several walks as one: each row once, and none beyond where the shortest walk had to stop."""
    stops = [walked.reached for walked in walks if walked.reached]
    nearest = (min if newer else max)(stops, key=_order) if stops else None
    rows = {row.id: row for walked in walks for row in walked.rows if _reaches(nearest, row, newer=newer)}
    ordered = sorted(rows.values(), key=lambda row: _order(key_of(row)), reverse=not newer)
    return Walked(rows=tuple(ordered), reached=nearest)


def _reaches(stop: PageKey | None, row: Conversation, *, newer: bool) -> bool:
    if stop is None:
        return True
    place = _order(key_of(row))
    return place <= _order(stop) if newer else place >= _order(stop)


def _order(key: PageKey) -> tuple[object, str]:
    return key.at, key.id


def _page(walked: Walked, size: int, *, newer: bool, moved: bool) -> MailboxPage:
    """A page, its rows latest first, whichever way one went to it."""
    rows = walked.rows[:size]
    onward = key_of(rows[-1]) if len(walked.rows) > size else walked.reached
    back = key_of(rows[0]) if moved and rows else None
    shown = rows[::-1] if newer else rows
    older, later = (back, onward) if newer else (onward, back)
    return MailboxPage(rows=shown, older=older, newer=later)
