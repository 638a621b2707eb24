"""The collection `sessions`: long sessions by the hash of their cookie."""

from datetime import datetime, timedelta

from motor.motor_asyncio import AsyncIOMotorCollection

from auth.domain.sessions import LONGEST, End, Session
from auth.store.rows import from_row, session_of, to_row
from chassis.store import Row, Tx, away

MOST_SHOWN = 50
KEPT_AFTER = timedelta(days=1)


class Sessions:
    """Sessions by id or by the hash of their cookie."""

    def __init__(self, rows: AsyncIOMotorCollection[Row]) -> None:
        self._rows = rows

    async def add(self, session: Session, secret: bytes, tx: Tx) -> None:
        """A new session whose cookie has this hash."""
        forget_at = session.started_at + LONGEST + KEPT_AFTER
        row = {**to_row(session), "secret": secret, "ends_at": session.ends_at(), "forget_at": forget_at}
        await self._rows.insert_one(row, session=tx.session)

    async def get(self, session_id: str, tx: Tx | None = None) -> Session | None:
        """The session with this id."""
        return await self._one({"_id": session_id}, tx)

    async def by_secret(self, secret: bytes) -> Session | None:
        """The session whose cookie has this hash."""
        return await self._one({"secret": secret}, None)

    async def alive_of(self, patient_id: str, at: datetime) -> list[Session]:
        """The live sessions of a patient, the latest first."""
        query = {"patient_id": patient_id, "ended_at": None, "ends_at": {"$gt": at}}
        with away():
            rows = await self._rows.find(query).sort([("ends_at", -1)]).to_list(MOST_SHOWN)
        return [from_row(row, Session) for row in rows]

    async def touch(self, session: Session) -> None:
        """Keep the activity of a live session, unless it ended meanwhile or a later one is known."""
        earlier = {"_id": session.id, "ended_at": None, "last_active_at": {"$lt": session.last_active_at}}
        later = {"$set": {"last_active_at": session.last_active_at, "ends_at": session.ends_at()}}
        with away():
            await self._rows.update_one(earlier, later)

    async def due(self, at: datetime, limit: int) -> list[Session]:
        """Sessions that have reached their end and are not marked as ended."""
        with away():
            rows = await self._rows.find({"ended_at": None, "ends_at": {"$lte": at}}).to_list(limit)
        return [from_row(row, Session) for row in rows]

    async def end(self, session: Session, reason: End, at: datetime, tx: Tx) -> bool:
        """Mark as ended; False if it was already, or was touched since `session` was read."""
        as_read = {"_id": session.id, "ended_at": None, "last_active_at": session.last_active_at}
        update = {"$set": {"ended_at": at, "end_reason": reason.value}}
        return (await self._rows.update_one(as_read, update, session=tx.session)).modified_count == 1

    async def _one(self, where: Row, tx: Tx | None) -> Session | None:
        with away():
            row = await self._rows.find_one(where, session=session_of(tx))
        return from_row(row, Session) if row else None
