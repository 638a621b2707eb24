"""A service's own database behind motor: transactions that rerun, errors in our own words."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from chassis.errors import BackingServiceAway, Unanswered, recognise
from chassis.settings import Settings
from chassis.store.tx import Tx
from chassis.store.writing import Row
from chassis.telemetry import log
from chassis.watch import SLOW_FOR_MS, begun, heeding, watch_over

T = TypeVar("T")
TxT = TypeVar("TxT", bound=Tx)

Promised = Callable[[Sequence[Row]], AbstractContextManager[None]]

RERUN_FOR = 5.0
"""Seconds for which a transaction that met another one is run again."""
CONFLICTS = {24, 112, 246, 251}
"""LockTimeout, WriteConflict, SnapshotUnavailable, NoSuchTransaction: some servers forget the label on these."""
WIRE_VERSION = 25
"""That of MongoDB 8.0, the first with `bulkWrite` over several collections (docs/adr/0016)."""
INDEX_DIFFERS = {85, 86}
"""IndexOptionsConflict, IndexKeySpecsConflict."""
DURABLE = WriteConcern(w="majority", j=True)

CHASSIS_INDEXES: Mapping[str, Sequence[IndexModel]] = {
    "outbox": (),
    "leases": (),
    "inbox": (IndexModel([("expires_at", ASCENDING)]),),
    "kept_forms": (IndexModel([("expires_at", ASCENDING)]),),
    "waiting": (IndexModel([("due_at", ASCENDING)]),),
}


@contextmanager
def away(what: str = "store") -> Iterator[None]:
    """Turn a backing service's connection errors inside the block into `BackingServiceAway`.

    Before somebody its watch is heeded as well.
    """
    with heeding(what):
        try:
            yield
        except PyMongoError as error:
            known = recognise(error)
            if isinstance(known, BackingServiceAway):
                raise BackingServiceAway(what) from error
            raise


@dataclass
class _Act:
    """A transaction from its first attempt to its end. Once `committing`, only the store knows its end.

    One that is `given_up` before is not committed, but what it has asked the store is waited for: a session takes
    one word at a time.
    """

    committing: bool = False
    given_up: bool = False


def credentials(settings: Settings) -> dict[str, Any]:
    """What any client of the store is told of where it is and who asks."""
    return {
        "host": settings.mongo_uri,
        "username": settings.mongo_username,
        "password": settings.mongo_password.get_secret_value(),
        "authSource": settings.mongo_auth_source,
    }


class Store(Generic[TxT]):
    """A service's database. A service subclasses it with its own collections, indexes and `Tx`."""

    INDEXES: ClassVar[Mapping[str, Sequence[IndexModel]]] = {}
    EXPIRING: ClassVar[Mapping[str, str]] = {}
    """The collections whose rows are deleted after a while, each with the indexed field that says when."""
    TX: ClassVar[type[Tx]] = Tx
    SEVERAL_WRITE: ClassVar[bool] = False
    """Whether processes of different kinds write into this database: then each listens for the others' rows."""

    def __init__(self, settings: Settings) -> None:
        self.service = settings.service
        self.relay: Promised = _nobody
        """Entered with the events of a commit around it: by the relay of this process, if it has one."""
        self._client: AsyncIOMotorClient[Row] = AsyncIOMotorClient(
            **credentials(settings),
            tz_aware=True,
            serverSelectionTimeoutMS=settings.mongo_timeout_ms,
            connectTimeoutMS=max(SLOW_FOR_MS, settings.mongo_timeout_ms),
            socketTimeoutMS=max(20_000, settings.mongo_timeout_ms),
            waitQueueTimeoutMS=max(SLOW_FOR_MS, settings.mongo_timeout_ms),
            maxPoolSize=32,
            w="majority",
            journal=True,
            retryWrites=True,
        )
        self._database = self._client.get_database(settings.mongo_database)

    def expiring(self) -> Mapping[str, str]:
        """All collections whose rows expire, with the field that says when."""
        return {"inbox": "expires_at", "kept_forms": "expires_at", **self.EXPIRING}

    def collection(self, name: str) -> AsyncIOMotorCollection[Row]:
        """A collection of this service's database."""
        return self._database.get_collection(name)

    async def prepare(self) -> None:
        """Create collections and indexes that are missing. Safe to repeat.

        Raises `BackingServiceAway`, and `RuntimeError` where the store is too old for us.
        """
        with away():
            hello = await self._database.command("hello")
            if hello["maxWireVersion"] < WIRE_VERSION:
                raise RuntimeError("this store is too old: MongoDB 8.0 or later is needed")
            existing = set(await self._database.list_collection_names())
            for name, indexes in {**CHASSIS_INDEXES, **self.INDEXES}.items():
                if name not in existing:
                    await self._create(name)
                if indexes:
                    await self._index(self.collection(name), indexes)

    async def _index(self, collection: AsyncIOMotorCollection[Row], indexes: Sequence[IndexModel]) -> None:
        """Create the indexes. One that an earlier version made with other options serves as it is."""
        for index in indexes:
            try:
                await collection.create_indexes([index])
            except OperationFailure as error:
                if error.code not in INDEX_DIFFERS:
                    raise
                log.warning("index.differs", collection=collection.name, index=index.document["name"])

    async def _create(self, name: str) -> None:
        try:
            await self._database.create_collection(name)
        except PyMongoError as error:
            if "exists" not in str(error).lower():
                raise

    async def ping(self) -> None:
        """Answer if the store does. Raises `BackingServiceAway`."""
        with away():
            await self._database.command("ping")

    async def transact(self, work: Callable[[TxT], Awaitable[T]]) -> T:
        """Run `work` in one transaction and commit it with the events it publishes.

        `work` runs again from its start when the transaction met another one, so it must have no effect
        outside of `tx`. Raises what `work` raises, with nothing written, or `BackingServiceAway`: also when others
        stay in the way for longer than `RERUN_FOR`. Before somebody it raises `Unanswered` when the store fell
        silent in the middle of the commit, which then ends as it may.
        """
        act = _Act()
        if watch_over("store") is None:
            return await self._act(work, act)
        running: asyncio.Task[T] | None = None
        try:
            with heeding("store"):
                running = begun(self._act(work, act))
                return await asyncio.shield(running)
        except BackingServiceAway as error:
            if running and running.done():
                return running.result()
            if act.committing:
                raise Unanswered("store") from error
            raise
        finally:
            act.given_up = True

    async def _act(self, work: Callable[[TxT], Awaitable[T]], act: _Act) -> T:
        give_up = asyncio.get_running_loop().time() + RERUN_FOR
        with away():
            async with await self._client.start_session() as session:
                while True:
                    try:
                        return await self._attempt(session, work, act)
                    except PyMongoError as error:
                        if not _met_another(error):
                            raise
                        if asyncio.get_running_loop().time() > give_up:
                            raise BackingServiceAway("store") from error
                    await asyncio.sleep(random.uniform(0.005, 0.05))

    async def _attempt(
        self, session: AsyncIOMotorClientSession, work: Callable[[TxT], Awaitable[T]], act: _Act
    ) -> T:
        tx: Any = self.TX(session, self.service)
        act.committing = False
        session.start_transaction(read_concern=ReadConcern("snapshot"), write_concern=DURABLE)
        try:
            result = await work(tx)
            tx.writing.insert("outbox", tx.outgoing)
            await self.flush(tx)
            if act.given_up:
                raise BackingServiceAway("store")
        except BaseException:
            await _abort(session)
            raise
        act.committing = True
        with self.relay(tx.outgoing):
            await _commit(session)
        for each in tx.afterwards:
            each()
        return result

    async def flush(self, tx: Tx) -> None:
        """Write what `tx` has gathered by now, so that it may read it: else that is written with the commit."""
        await tx.writing.flush(self.collection, tx.session)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


@contextmanager
def _nobody(events: Sequence[Row]) -> Iterator[None]:
    """No relay here: that of another process finds these events in the outbox."""
    yield


def _met_another(error: PyMongoError) -> bool:
    """Whether another transaction was in the way, say that of a worker killed a moment ago.

    A lost connection carries the same label but is away.
    """
    if isinstance(error, ConnectionFailure):
        return False
    return error.has_error_label("TransientTransactionError") or bool(_codes(error) & CONFLICTS)


def _codes(error: PyMongoError) -> set[int]:
    if isinstance(error, BulkWriteError):
        return {int(one["code"]) for one in error.details.get("writeErrors", ())} | {error.code or 0}
    return {error.code or 0} if isinstance(error, OperationFailure) else set()


async def _abort(session: AsyncIOMotorClientSession) -> None:
    """Give the transaction up; a server that does not answer gives it up by itself."""
    with suppress(PyMongoError):
        await session.abort_transaction()


async def _commit(session: AsyncIOMotorClientSession) -> None:
    give_up = asyncio.get_running_loop().time() + RERUN_FOR
    while True:
        try:
            await session.commit_transaction()
            return
        except PyMongoError as error:
            unknown = error.has_error_label("UnknownTransactionCommitResult")
            if not unknown or asyncio.get_running_loop().time() > give_up:
                raise
        await asyncio.sleep(0.02)
