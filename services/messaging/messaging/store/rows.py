"""Between the structs of the domain and the store's documents."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from chassis.store import Row, Store, Tx, away
from messaging.domain.model import Kept

T = TypeVar("T", bound=Kept)


def row_of(kept: Kept) -> Row:
    """A struct as a document; instants stay instants."""
    row: Row = msgspec.to_builtins(kept, builtin_types=(datetime,))
    return row


def struct_of(kind: type[T], row: Row) -> T:
    """A document as a struct; fields that the struct doesn't know are left out."""
    return msgspec.convert(row, kind)


def session_of(tx: Tx | None) -> Any:
    """The session to pass to motor, inside a transaction or outside of any."""
    return tx.session if tx else None


@contextmanager
def reading(tx: Tx | None) -> Iterator[None]:
    """Errors in our own words; inside a transaction they stay as they are, for `transact` to judge."""
    if tx is not None:
        yield
        return
    with away():
        yield


async def own_row(
    store: Store[Any],
    name: str,
    patient_id: str,
    row_id: str,
    tx: Tx | None,
    *,
    fields: Mapping[str, int] | None = None,
) -> Row | None:
    """A row of a collection by its id, if it is this patient's; `fields`, if any, include `patient_id`.

    It is asked for by the id alone: the local store weighs every index of the collection for a second condition.
    """
    with reading(tx):
        row = await store.collection(name).find_one({"_id": row_id}, fields, session=session_of(tx))
    return row if row is not None and row["patient_id"] == patient_id else None
