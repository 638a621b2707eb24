"""What a transaction gathers to write: a few changes go to the store in one command, many by their collections."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from msgspec import Struct
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError, ClientBulkWriteException, OperationFailure, PyMongoError

Row = dict[str, Any]
FEW = 40
"""Changes up to which one command is the faster way: the local store takes each change of it by itself."""
DUPLICATE_KEY = 11000

Change = InsertOne[Row] | UpdateOne | ReplaceOne[Row]


class _Insert(Struct, frozen=True):
    row: Row
    taken: type[Exception] | None = None

    def change(self, namespace: str | None = None) -> Change:
        return InsertOne(self.row, namespace=namespace)


class _Update(Struct, frozen=True):
    row_id: str
    update: Row
    taken: type[Exception] | None = None

    def change(self, namespace: str | None = None) -> Change:
        return UpdateOne({"_id": self.row_id}, self.update, namespace=namespace)


class _Replace(Struct, frozen=True):
    row: Row
    taken: type[Exception] | None = None

    def change(self, namespace: str | None = None) -> Change:
        return ReplaceOne({"_id": self.row["_id"]}, self.row, namespace=namespace)


Gathered = tuple[str, _Insert | _Update | _Replace]
Named = Callable[[str], AsyncIOMotorCollection[Row]]
"""A service's collection by its name."""


class Writing:
    """Changes by ids, in the order in which they were gathered. None is in the store before it is `flushed`."""

    def __init__(self) -> None:
        self._gathered: list[Gathered] = []

    def insert(self, collection: str, rows: Iterable[Row], *, taken: type[Exception] | None = None) -> None:
        """Have new rows written. An id that is taken makes the flush raise `taken`, or the store's own error."""
        self._gathered += [(collection, _Insert(row, taken)) for row in rows]

    def update(self, collection: str, row_id: str, update: Row) -> None:
        """Have a row changed, which the transaction knows to be there."""
        self._gathered.append((collection, _Update(row_id, update)))

    def replace(self, collection: str, rows: Iterable[Row]) -> None:
        """Have rows replaced, which the transaction has read."""
        self._gathered += [(collection, _Replace(row)) for row in rows]

    async def flushed(self, named: Named, session: AsyncIOMotorClientSession) -> None:
        """Write what was gathered. Raises the store's errors, or an insert's `taken`: the transaction is void."""
        gathered, self._gathered = self._gathered, []
        if 1 < len(gathered) <= FEW and not _is_first(session):
            await _in_one_command(gathered, named, session)
        else:
            await _by_collection(gathered, named, session)


def _is_first(session: AsyncIOMotorClientSession) -> bool:
    """Whether nothing was asked in this transaction yet: the local store refuses to begin one by this command."""
    return bool(session.delegate._transaction.starting())


async def _in_one_command(gathered: Sequence[Gathered], named: Named, session: AsyncIOMotorClientSession) -> None:
    changes: list[Any] = [each.change(str(named(name).full_name)) for name, each in gathered]
    try:
        await session.client.bulk_write(changes, session=session)  # type: ignore[arg-type]  # motor's own
    except ClientBulkWriteException as error:
        if error.write_errors:
            first: Mapping[str, Any] = error.write_errors[0]  # type: ignore[assignment]  # a document, not a class
            raise _of_one(first, gathered) from error
        raise _of_all(error) from error


async def _by_collection(gathered: Sequence[Gathered], named: Named, session: AsyncIOMotorClientSession) -> None:
    for name, part in _parts(gathered).items():
        try:
            await named(name).bulk_write([each.change() for _, each in part], session=session)
        except BulkWriteError as error:
            raise _of_one(error.details["writeErrors"][0], part) from error


def _parts(gathered: Sequence[Gathered]) -> dict[str, list[Gathered]]:
    parts: dict[str, list[Gathered]] = {}
    for each in gathered:
        parts.setdefault(each[0], []).append(each)
    return parts


def _of_one(found: Mapping[str, Any], gathered: Sequence[Gathered]) -> Exception:
    """The error of one change."""
    code, place = int(found["code"]), found["index"] if "index" in found else found["idx"]
    taken: type[Exception] | None = gathered[place][1].taken
    if code == DUPLICATE_KEY and taken is not None:
        return taken()
    return OperationFailure(str(found["errmsg"]), code, found)


def _of_all(error: ClientBulkWriteException) -> Exception:
    """The error that the command itself had: the driver wraps it, and what is asked of errors is asked of that."""
    inner: object = error.error
    if isinstance(inner, PyMongoError):
        return inner
    if isinstance(inner, Mapping):
        return OperationFailure(str(inner.get("errmsg")), inner.get("code"), inner)
    return error
