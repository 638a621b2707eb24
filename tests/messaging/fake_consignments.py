"""Replies on their way, in memory."""

from typing import Any

from msgspec.structs import replace

from messaging.domain.consignment import Consignment
from messaging.domain.wishes import NO_WISH, Wishes
from messaging.store import MessagingStore


class FakeConsignments(MessagingStore):
    """The part of the fake store that the road takes its rows from."""

    kept: dict[str, dict[str, Any]]

    def put(self, name: str, *things: Any) -> None:
        raise NotImplementedError

    def _all(self, name: str, patient_id: str) -> list[Any]:
        raise NotImplementedError

    async def consignments(self, patient_id: str, message_ids: Any, tx: Any = None) -> list[Consignment]:
        return [one for one in self._all("consignments", patient_id) if one.message_id in message_ids]

    async def queue_consignments(self, tx: Any, consignments: Any) -> None:
        self.put("consignments", *consignments)

    async def save_consignment(self, tx: Any, consignment: Any) -> None:
        self.put("consignments", consignment)

    async def requeue_consignment(self, tx: Any, consignment: Any) -> None:
        if self.kept["consignments"][consignment.id].state != "sending":
            self.put("consignments", replace(consignment, state="queued", attempts=0))

    async def troubled_consignments(self, patient_id: str) -> list[Consignment]:
        return [one for one in self._all("consignments", patient_id) if one.troubled]

    async def troubled_among(self, patient_id: str, ids: Any) -> set[str]:
        return {one.conversation_id for one in await self.troubled_consignments(patient_id)} & set(ids)

    async def wishes(self, patient_id: str, tx: Any = None) -> Wishes:
        return self.kept["preferences"].get(patient_id, NO_WISH)

    async def save_wishes(self, tx: Any, patient_id: str, **chosen: bool) -> None:
        self.kept["preferences"][patient_id] = replace(await self.wishes(patient_id), **chosen)

    async def sendings(self, tx: Any, patient_id: str) -> list[Any]:
        return list(self.kept["sendings"].get(patient_id, ()))

    async def keep_sendings(self, tx: Any, patient_id: str, sent_at: Any) -> None:
        self.kept["sendings"][patient_id] = list(sent_at)

    async def sent_lately_to(self, tx: Any, address: str, since: Any, most: int) -> list[Any]:
        found = [
            one.queued_at
            for one in self.kept["consignments"].values()
            if one.queued_at > since and address in {way.recipient.address for way in one.deliveries}
        ]
        return sorted(found, reverse=True)[:most]
