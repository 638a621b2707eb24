"""Letters that patients said are not theirs, until an operator has looked into each."""

from chassis.store import Store, Tx
from messaging.domain.disowning import Misdirected
from messaging.store.rows import reading, row_of, struct_of

MOST_COUNTED = 1_000


class MisdirectedLetters(Store[Tx]):
    """Collection `misdirected`, one row a letter."""

    async def queue_misdirected(self, tx: Tx, letter: Misdirected) -> None:
        """Let a letter wait for an operator; one that waits already waits since then."""
        key = {"_id": letter.id}
        await self.collection("misdirected").replace_one(key, row_of(letter), upsert=True, session=tx.session)

    async def unqueue_misdirected(self, tx: Tx, letter_id: str) -> Misdirected | None:
        """Let it wait no longer; what waited, or None."""
        row = await self.collection("misdirected").find_one({"_id": letter_id}, session=tx.session)
        if row is None:
            return None
        await self.collection("misdirected").delete_one({"_id": letter_id}, session=tx.session)
        return struct_of(Misdirected, row)

    async def misdirected(self, most: int) -> list[Misdirected]:
        """Those that wait, the longest first."""
        with reading(None):
            cursor = self.collection("misdirected").find({}).sort("set_aside_at", 1).limit(most)
            return [struct_of(Misdirected, row) async for row in cursor]

    async def count_misdirected(self) -> int:
        """How many wait, exact up to 1,000."""
        with reading(None):
            many: int = await self.collection("misdirected").count_documents({}, limit=MOST_COUNTED)
        return many
