"""The collection `challenges`: log-in attempts, each bound to one browser's cookie."""

from datetime import timedelta

from motor.motor_asyncio import AsyncIOMotorCollection

from auth.domain.codes import Challenge
from auth.store.rows import from_row, session_of, to_row
from chassis.store import Row, Tx, away

KEPT_AFTER = timedelta(hours=1)


class Challenges:
    """Challenges by the browser that made them."""

    def __init__(self, rows: AsyncIOMotorCollection[Row]) -> None:
        self._rows = rows

    async def add(self, challenge: Challenge, browser: bytes, tx: Tx) -> None:
        """A new challenge of the browser whose cookie has this hash."""
        row = {**to_row(challenge), "browser": browser, "forget_at": challenge.ends_at + KEPT_AFTER}
        await self._rows.insert_one(row, session=tx.session)

    async def of_browser(self, browser: bytes, tx: Tx | None = None) -> Challenge | None:
        """The challenge of the browser whose cookie has this hash, open or not."""
        with away():
            row = await self._rows.find_one({"browser": browser}, session=session_of(tx))
        return from_row(row, Challenge) if row else None

    async def save(self, challenge: Challenge, tx: Tx) -> None:
        """Bring the challenge to its next state."""
        row = to_row(challenge)
        await self._rows.update_one({"_id": row.pop("_id")}, {"$set": row}, session=tx.session)
