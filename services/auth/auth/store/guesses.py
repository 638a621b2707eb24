"""The collections `guesses` (failed tries) and `browsers` (those that once logged in).

Subjects and callers are keyed hashes: neither an identifier nor an address is kept.
"""

from datetime import datetime, timedelta

from motor.motor_asyncio import AsyncIOMotorCollection

from auth.domain.pace import FORGOTTEN_AFTER, Failures
from chassis.store import Row, Tx, away

BROWSER_KNOWN_FOR = timedelta(days=365)


class Guesses:
    """Failures on a subject (an identifier, an activation code), in all and from one caller."""

    def __init__(self, rows: AsyncIOMotorCollection[Row]) -> None:
        self._rows = rows

    async def failures(self, subject: str, caller: str) -> Failures:
        """The failures on `subject`, and when `caller` last failed on it."""
        with away():
            rows = await self._rows.find({"_id": {"$in": [subject, _pair(subject, caller)]}}).to_list(2)
        found = {row["_id"]: row for row in rows}
        last = found.get(_pair(subject, caller), {}).get("last_at")
        return Failures(count=found.get(subject, {}).get("count", 0), last_here=last)

    async def add(self, subject: str, caller: str, at: datetime, tx: Tx) -> None:
        """One more failure."""
        for key in (subject, _pair(subject, caller)):
            update = {"$inc": {"count": 1}, "$set": {"last_at": at, "forget_at": at + FORGOTTEN_AFTER}}
            await self._rows.update_one({"_id": key}, update, upsert=True, session=tx.session)

    async def forget(self, subject: str, tx: Tx) -> None:
        """The right person came: the failures on `subject` no longer count."""
        await self._rows.delete_one({"_id": subject}, session=tx.session)


class Browsers:
    """Browsers from which a patient logged in, by the hash of their cookie."""

    def __init__(self, rows: AsyncIOMotorCollection[Row]) -> None:
        self._rows = rows

    async def knows(self, browser: bytes, patient_id: str) -> bool:
        """Whether this patient logged in from this browser before."""
        with away():
            return await self._rows.find_one({"_id": browser, "patient_id": patient_id}) is not None

    async def add(self, browser: bytes, patient_id: str, at: datetime, tx: Tx) -> None:
        """Remember the browser, for a year."""
        row = {"_id": browser, "patient_id": patient_id, "forget_at": at + BROWSER_KNOWN_FOR}
        await self._rows.insert_one(row, session=tx.session)


def _pair(subject: str, caller: str) -> str:
    return f"{subject}:{caller}"
