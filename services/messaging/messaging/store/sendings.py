"""When each patient had something sent, for as long as an allowance looks back."""

from collections.abc import Sequence

from chassis.store import Store, Tx
from contracts.base import Instant


class Sendings(Store[Tx]):
    """Collection `sendings`: one row a patient, found by its id, with the instants of what counts."""

    async def sendings(self, tx: Tx, patient_id: str) -> list[Instant]:
        """When this patient last had something sent, as `keep_sendings` wrote it."""
        row = await self.collection("sendings").find_one({"_id": patient_id}, session=tx.session)
        return list(row["sent_at"]) if row else []

    async def keep_sendings(self, tx: Tx, patient_id: str, sent_at: Sequence[Instant]) -> None:
        """Write the instants that still count, which the caller has read in the same transaction."""
        await self.collection("sendings").update_one(
            {"_id": patient_id}, {"$set": {"sent_at": list(sent_at)}}, upsert=True, session=tx.session
        )
