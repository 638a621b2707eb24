"""A lease: of all replicas of a service, one at a time does this."""

from datetime import timedelta

from pymongo.errors import DuplicateKeyError

from chassis.clock import Clock, now
from chassis.ids import new_id
from chassis.store.store import Store, away
from chassis.store.tx import Tx


class Lease:
    """Held for `life` and renewed by asking again; a holder that died is followed once it ran out."""

    def __init__(self, store: Store[Tx], name: str, life: timedelta, clock: Clock = now) -> None:
        self._store = store
        self._name = name
        self._life = life
        self._clock = clock
        self._owner = new_id()

    async def hold(self) -> bool:
        """Take or renew the lease; False while another replica has it. Raises `BackingServiceAway`."""
        at = self._clock()
        mine_or_over = {"_id": self._name, "$or": [{"owner": self._owner}, {"until": {"$lte": at}}]}
        fields = {"owner": self._owner, "until": at + self._life}
        with away():
            leases = self._store.collection("leases")
            changed = await leases.update_one(mine_or_over, {"$set": fields})
            return changed.matched_count == 1 or await self._first(fields)

    async def _first(self, fields: dict[str, object]) -> bool:
        leases = self._store.collection("leases")
        if await leases.find_one({"_id": self._name}, {"_id": 1}):
            return False
        try:
            await leases.insert_one({"_id": self._name, **fields})
        except DuplicateKeyError:
            return False
        return True

    async def release(self) -> None:
        """Let another replica take it at once."""
        with away():
            await self._store.collection("leases").delete_one({"_id": self._name, "owner": self._owner})
