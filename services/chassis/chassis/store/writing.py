"""What a transaction gathers to write: a few changes go to the store in one command, many by their collections."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from msgspec import Struct
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import ClientBulkWriteException, OperationFailure

Row = dict[str, Any]
Change = InsertOne[Row] | UpdateOne | ReplaceOne[Row]
Collections = Callable[[str], AsyncIOMotorCollection[Row]]
"""A service's collection by its name."""

FEW = 40
"""Changes up to which one command is the faster way: the local store takes each change of it by itself."""


class _Insert(Struct, frozen=True):
    row: Row

    def change(self, namespace: str | None = None) -> Change:
        return InsertOne(self.row, namespace=namespace)


class _Update(Struct, frozen=True):
    row_id: str
    update: Row

    def change(self, namespace: str | None = None) -> Change:
        return UpdateOne({"_id": self.row_id}, self.update, namespace=namespace)


class _Replace(Struct, frozen=True):
    row: Row

    def change(self, namespace: str | None = None) -> Change:
        return ReplaceOne({"_id": self.row["_id"]}, self.row, namespace=namespace)


_Gathered = tuple[str, _Insert | _Update | _Replace]


class Writing:
    """Changes by ids, in the order in which they were gathered. None is in the store before the `flush`."""

    def __init__(self) -> None:
        self._gathered: list[_Gathered] = []

    def insert(self, collection: str, rows: Iterable[Row]) -> None:
        """Have new rows written."""
        self._gathered += [(collection, _Insert(row)) for row in rows]

    def update(self, collection: str, row_id: str, update: Row) -> None:
        """Have a row changed, which the transaction knows to be there."""
        self._gathered.append((collection, _Update(row_id, update)))

    def replace(self, collection: str, rows: Iterable[Row]) -> None:
        """Have rows replaced, which the transaction has read."""
        self._gathered += [(collection, _Replace(row)) for row in rows]

    async def flush(self, collections: Collections, session: AsyncIOMotorClientSession) -> None:
        """Write what was gathered. Raises the store's errors: the transaction is void then."""
        gathered, self._gathered = self._gathered, []
        if 1 < len(gathered) <= FEW and not _is_first(session):
            await _in_one_command(gathered, collections, session)
        else:
            await _by_collection(gathered, collections, session)


def _is_first(session: AsyncIOMotorClientSession) -> bool:
    """Whether nothing was asked in this transaction yet: the local store refuses to begin one by this command."""
    return bool(session.delegate._transaction.starting())


async def _in_one_command(
    gathered: Sequence[_Gathered], collections: Collections, session: AsyncIOMotorClientSession
) -> None:
    changes: list[Any] = [each.change(str(collections(name).full_name)) for name, each in gathered]
    try:
        await session.client.bulk_write(changes, session=session)  # type: ignore[arg-type]  # motor's own session
    except ClientBulkWriteException as error:
        raise _reason(error) from error


async def _by_collection(
    gathered: Sequence[_Gathered], collections: Collections, session: AsyncIOMotorClientSession
) -> None:
    parts: dict[str, list[Change]] = {}
    for name, each in gathered:
        parts.setdefault(name, []).append(each.change())
    for name, changes in parts.items():
        await collections(name).bulk_write(changes, session=session)


def _reason(error: ClientBulkWriteException) -> Exception:
    """What went wrong: the driver wraps it, and what is asked of errors is asked of that."""
    first: Any = error.write_errors[0] if error.write_errors else error.error
    if isinstance(first, Mapping):
        return OperationFailure(str(first.get("errmsg")), first.get("code"), first)
    return first if isinstance(first, Exception) else OperationFailure(str(error), error.code, error.details)
