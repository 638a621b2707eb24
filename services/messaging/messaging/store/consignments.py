"""Replies and receipts on their way: one leased row a domain, with what was heard of each recipient."""

from collections.abc import Sequence

from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.effects import LEASED_INDEXES, Shares
from chassis.store import Row, Store, Tx
from contracts.base import Instant
from messaging.domain.consignment import Consignment
from messaging.store.rows import reading, row_of, session_of, struct_of

CONSIGNMENTS = "consignments"
MOST_TROUBLED = 50
CONSIGNMENT_INDEXES = (
    IndexModel([("patient_id", ASCENDING), ("message_id", ASCENDING)]),
    IndexModel([("patient_id", ASCENDING), ("conversation_id", ASCENDING)]),
    IndexModel([("patient_id", ASCENDING), ("troubled", ASCENDING), ("queued_at", ASCENDING)]),
    IndexModel([("deliveries.recipient.address", ASCENDING), ("queued_at", ASCENDING)]),
    Shares("domain", 1).index,
    *LEASED_INDEXES,
)


class Consignments(Store[Tx]):
    """Collection `consignments`, which the road takes its rows from."""

    async def consignments(
        self, patient_id: str, message_ids: Sequence[str], tx: Tx | None = None
    ) -> list[Consignment]:
        """What became of these replies."""
        query = {"patient_id": patient_id, "message_id": {"$in": list(message_ids)}}
        with reading(tx):
            cursor = self.collection(CONSIGNMENTS).find(query, session=session_of(tx))
            return [struct_of(Consignment, row) async for row in cursor]

    async def queue_consignments(self, tx: Tx, consignments: Sequence[Consignment]) -> None:
        """Hand them to the road, with the commit of this transaction."""
        rows = [row_of(one) | {"lease_owner": None} for one in consignments]
        await self.collection(CONSIGNMENTS).insert_many(rows, session=tx.session)

    async def save_consignment(self, tx: Tx, consignment: Consignment) -> None:
        """Write what was heard. The caller has read it in the same transaction."""
        await self.collection(CONSIGNMENTS).update_one(
            {"_id": consignment.id}, {"$set": road_fields(consignment)}, session=tx.session
        )

    async def requeue_consignment(self, tx: Tx, consignment: Consignment) -> None:
        """Have it tried anew, unless it is under way: then its outcome sees that something is open again."""
        anew = {"state": "queued", "due_at": consignment.due_at, "attempts": 0}
        still = {"_id": consignment.id, "state": {"$ne": "sending"}}
        await self.collection(CONSIGNMENTS).update_one(still, {"$set": anew}, session=tx.session)

    async def troubled_consignments(self, patient_id: str) -> list[Consignment]:
        """Those with a recipient who was not reached and about whom nothing was decided, at most 50."""
        query = {"patient_id": patient_id, "troubled": True}
        with reading(None):
            cursor = self.collection(CONSIGNMENTS).find(query).sort("queued_at", ASCENDING).limit(MOST_TROUBLED)
            return [struct_of(Consignment, row) async for row in cursor]

    async def troubled_among(self, patient_id: str, ids: Sequence[str]) -> set[str]:
        """Those of these conversations with a reply that did not arrive and about which nothing was decided."""
        # the ids are looked for here: not every store uses an index for a query that also holds an `$in`
        query = {"patient_id": patient_id, "troubled": True}
        with reading(None):
            rows = self.collection(CONSIGNMENTS).find(query, {"conversation_id": 1})
            return {row["conversation_id"] async for row in rows} & set(ids)

    async def sent_lately_to(self, tx: Tx, address: str, since: Instant, most: int) -> list[Instant]:
        """When anything was sent to this professional since then, by any patient: the latest `most`."""
        query = {"deliveries.recipient.address": address, "queued_at": {"$gt": since}}
        rows = self.collection(CONSIGNMENTS).find(query, {"queued_at": 1}, session=tx.session)
        return [row["queued_at"] async for row in rows.sort("queued_at", DESCENDING).limit(most)]

    async def move_consignments(self, tx: Tx, patient_id: str, from_ids: Sequence[str], to_id: str) -> None:
        """Let the replies of merged conversations name the one that stays."""
        query = {"patient_id": patient_id, "conversation_id": {"$in": list(from_ids)}}
        await self.collection(CONSIGNMENTS).update_many(
            query, {"$set": {"conversation_id": to_id}}, session=tx.session
        )


def road_fields(consignment: Consignment) -> Row:
    """What was heard of a consignment, as the row keeps it."""
    row = row_of(consignment)
    return {name: row[name] for name in ("deliveries", "troubled")}
