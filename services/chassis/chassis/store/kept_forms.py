"""Forms that came after the end of a session, sealed: one a patient, for half an hour."""

from datetime import datetime

from bson.binary import Binary
from motor.motor_asyncio import AsyncIOMotorCollection

from chassis.clock import Clock, now
from chassis.store.store import Store, away
from chassis.store.tx import Tx
from chassis.store.writing import Row


class KeptForms:
    """The collection `kept_forms`: what it holds can only be opened with a key that a browser has."""

    def __init__(self, store: Store[Tx], clock: Clock = now) -> None:
        self._rows: AsyncIOMotorCollection[Row] = store.collection("kept_forms")
        self._clock = clock

    async def keep(self, patient_id: str, sealed: bytes, until: datetime) -> None:
        """Keep this one instead of an earlier one. Raises `BackingServiceAway`."""
        row = {"_id": patient_id, "sealed": Binary(sealed), "expires_at": until}
        with away():
            await self._rows.replace_one({"_id": patient_id}, row, upsert=True)

    async def kept(self, patient_id: str) -> bytes | None:
        """The patient's, unless its time is over. Raises `BackingServiceAway`."""
        with away():
            row = await self._rows.find_one({"_id": patient_id})
        return bytes(row["sealed"]) if row and row["expires_at"] > self._clock() else None

    async def forget(self, patient_id: str) -> None:
        """The patient has it back. Raises `BackingServiceAway`."""
        with away():
            await self._rows.delete_one({"_id": patient_id})
