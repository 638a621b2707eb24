"""Between the structs of the domain and the store's documents."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from chassis.store import Row, Tx, away
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
