"""The collection `keys`: which signing keys were published, so that each is told once."""

from datetime import datetime

from motor.motor_asyncio import AsyncIOMotorCollection

from chassis.store import Row, Tx


class Keys:
    """Signing keys by id."""

    def __init__(self, rows: AsyncIOMotorCollection[Row]) -> None:
        self._rows = rows

    async def add(self, key_id: str, at: datetime, tx: Tx) -> bool:
        """Note that a key is published; False if it is known already."""
        if await self._rows.find_one({"_id": key_id}, session=tx.session):
            return False
        await self._rows.insert_one({"_id": key_id, "published_at": at}, session=tx.session)
        return True
