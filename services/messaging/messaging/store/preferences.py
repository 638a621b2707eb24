"""What each patient wants of their mailbox, as far as it isn't the default."""

from chassis.store import Store, Tx
from messaging.store.rows import reading, session_of


class Preferences(Store[Tx]):
    """Collection `preferences`, one row a patient who changed something."""

    async def gives_receipts(self, patient_id: str, tx: Tx | None = None) -> bool:
        """Whether professionals who ask may know that their letter was read; yes until the patient refuses."""
        with reading(tx):
            row = await self.collection("preferences").find_one({"_id": patient_id}, session=session_of(tx))
        return bool(row.get("receipts", True)) if row else True

    async def save_receipts(self, tx: Tx, patient_id: str, *, gives: bool) -> None:
        """Let professionals know, or not."""
        await self.collection("preferences").update_one(
            {"_id": patient_id}, {"$set": {"receipts": gives}}, upsert=True, session=tx.session
        )
