"""Between structs and rows: `id` is `_id`, dates are ISO text, instants and bytes stay what they are."""

from datetime import datetime
from typing import Any, TypeVar

import msgspec
from motor.motor_asyncio import AsyncIOMotorClientSession

from chassis.store import Row, Tx

T = TypeVar("T", bound=msgspec.Struct)


def to_row(value: msgspec.Struct) -> Row:
    """A struct as a row."""
    row: Row = msgspec.to_builtins(value, builtin_types=(datetime, bytes))
    row["_id"] = row.pop("id")
    return row


def from_row(row: Row, kind: type[T]) -> T:
    """A row as a struct; what the row holds besides is left out."""
    fields: dict[str, Any] = {**row, "id": row["_id"]}
    return msgspec.convert(fields, kind, builtin_types=(datetime, bytes))


def session_of(tx: Tx | None) -> AsyncIOMotorClientSession | None:
    """The session that a call inside of `tx` must carry."""
    return tx.session if tx else None
