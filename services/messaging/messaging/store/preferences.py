"""What each patient wants of their mailbox, as far as it isn't the default."""

import msgspec

from chassis.store import Store, Tx
from messaging.domain.wishes import NO_WISH, Wishes
from messaging.store.rows import reading, session_of


class Preferences(Store[Tx]):
    """Collection `preferences`, one row a patient who changed something."""

    async def wishes(self, patient_id: str, tx: Tx | None = None) -> Wishes:
        """What the patient wants; the default of what they never chose."""
        with reading(tx):
            row = await self.collection("preferences").find_one({"_id": patient_id}, session=session_of(tx))
        return msgspec.convert(row, Wishes) if row else NO_WISH

    async def save_wishes(self, tx: Tx, patient_id: str, **chosen: bool) -> None:
        """Write what the patient chose, by the names of `Wishes`; the rest stays."""
        await self.collection("preferences").update_one(
            {"_id": patient_id}, {"$set": chosen}, upsert=True, session=tx.session
        )
