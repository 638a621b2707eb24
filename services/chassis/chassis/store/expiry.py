"""Rows that have had their time are deleted, by their index, not by the store itself (ADR 0070)."""

import asyncio
import random
from typing import Any

from chassis.background import Recurring
from chassis.clock import now
from chassis.store.store import Store, away

EVERY = 300.0
"""Seconds between two looks, more or less: replicas look at different times."""


class Expiry(Recurring):
    """Deletes the rows whose field in `Store.expiring` is past. Part of the process that relays.

    All replicas may do it at once: a row that is gone is gone. No part of readiness: a row may stay a little
    longer than it need.
    """

    name = "expiry"

    def __init__(self, store: Store[Any], every: float = EVERY) -> None:
        self._store = store
        self._every = every
        super().__init__()

    async def _turn(self) -> None:
        await asyncio.sleep(self._every * random.uniform(0.5, 1.5))
        await self.sweep()

    async def sweep(self) -> None:
        """Delete what is past now."""
        at = now()
        for name, field in self._store.expiring().items():
            with away():
                await self._store.collection(name).delete_many({field: {"$lte": at}})
