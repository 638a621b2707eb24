"""Pages by key: what lies beyond a place in an order by an instant and an id, at the same cost wherever it is."""

from msgspec import Struct

from chassis.store import Row
from contracts.base import Instant


class PageKey(Struct, frozen=True):
    """Where a page ends: the instant and the id of its outermost row."""

    at: Instant
    id: str


def beyond(whose: Row, field: str, key: PageKey | None, *, newer: bool = False) -> list[Row]:
    """Queries whose rows, one after the other, follow the key: not every store has an index for an `$or`.

    `whose` are the equalities in front of `field` and `_id` in the index.
    """
    if key is None:
        return [whose]
    direction = "$gt" if newer else "$lt"
    return [{**whose, field: key.at, "_id": {direction: key.id}}, {**whose, field: {direction: key.at}}]
