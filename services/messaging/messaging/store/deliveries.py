"""Replies on their way: one leased row a recipient."""

from collections.abc import Sequence

from chassis.store import Store, Tx
from messaging.domain.model import Delivery
from messaging.store.rows import reading, row_of, session_of, struct_of


class Deliveries(Store[Tx]):
    """Collection `deliveries`, which the road takes its rows from."""

    async def deliveries(self, patient_id: str, message_ids: Sequence[str]) -> list[Delivery]:
        """The state for each recipient of these replies, in the order of the recipients."""
        query = {"patient_id": patient_id, "message_id": {"$in": list(message_ids)}}
        with reading(None):
            cursor = self.collection("deliveries").find(query).sort([("queued_at", 1), ("_id", 1)])
            return [struct_of(Delivery, row) async for row in cursor]

    async def queue_deliveries(self, tx: Tx, deliveries: Sequence[Delivery]) -> None:
        """Hand the recipients of a reply to the road, with the commit of this transaction."""
        rows = [row_of(delivery) | {"lease_until": None, "lease_owner": None} for delivery in deliveries]
        await self.collection("deliveries").insert_many(rows, session=tx.session)

    async def save_reply_state(self, tx: Tx, delivery: Delivery) -> None:
        """Write a delivery's new state, if it is still at the revision before."""
        key = {"_id": delivery.id, "revision": delivery.revision - 1}
        change = {
            "reply_state": delivery.reply_state,
            "revision": delivery.revision,
            "changed_at": delivery.changed_at,
            "reason": delivery.reason,
        }
        await self.collection("deliveries").update_one(key, {"$set": change}, session=tx.session)

    async def delivery(self, delivery_id: str, tx: Tx | None = None) -> Delivery | None:
        """One row, or None."""
        with reading(tx):
            row = await self.collection("deliveries").find_one({"_id": delivery_id}, session=session_of(tx))
        return struct_of(Delivery, row) if row else None

    async def move_deliveries(self, tx: Tx, patient_id: str, from_ids: Sequence[str], to_id: str) -> None:
        """Let the replies of merged conversations name the one that stays."""
        query = {"patient_id": patient_id, "conversation_id": {"$in": list(from_ids)}}
        await self.collection("deliveries").update_many(
            query, {"$set": {"conversation_id": to_id}}, session=tx.session
        )
