"""Objects that nothing names any more: noted in the transaction that lets go of them, deleted a little later."""

from collections.abc import Sequence

from pymongo import UpdateOne

from chassis.store import Store, Tx, away
from messaging.domain.model import DraftRow
from messaging.objects import row_prefix


class Discards(Store[Tx]):
    """Collection `discards`: one row an object, by its key; one that ends in `/` stands for all below it."""

    async def discard(self, tx: Tx, keys: Sequence[str]) -> None:
        """Have these objects deleted once this transaction is committed."""
        rows = [{"_id": key} for key in dict.fromkeys(keys)]
        if noted := [UpdateOne(row, {"$setOnInsert": row}, upsert=True) for row in rows]:
            await self.collection("discards").bulk_write(noted, session=tx.session)

    async def discard_file(self, tx: Tx, row: DraftRow) -> None:
        """Have all that may lie of a draft's file deleted, also what no row came to name."""
        pieces = row.upload.pieces if row.upload else ()
        await self.discard(tx, [row_prefix(row.patient_id, row.draft_id, row.id), *pieces])

    async def discarded(self, most: int) -> list[str]:
        """Keys of objects to delete."""
        with away():
            rows = await self.collection("discards").find({}, {"_id": 1}).limit(most).to_list(most)
        return [row["_id"] for row in rows]

    async def forget_discarded(self, keys: Sequence[str]) -> None:
        """These objects are deleted."""
        with away():
            await self.collection("discards").delete_many({"_id": {"$in": list(keys)}})
