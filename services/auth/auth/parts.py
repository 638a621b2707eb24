"""What runs beside the pages: the key that is told once, and the sweeper of sessions."""

import asyncio
from collections.abc import Mapping

from auth.keys import Signer
from auth.store import AuthStore
from auth.usecases.sessions import Sessions
from chassis.background import Recurring
from chassis.clock import Clock, now
from chassis.part import Check
from chassis.store import Tx

SWEEP_EVERY = 5.0
"""Seconds between two sweeps: a session's end by itself may be told that late."""


class KeyTeller:
    """Publishes our signing key at start, once for each key."""

    name = "signing-key"

    def __init__(self, store: AuthStore, signer: Signer, clock: Clock = now) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock

    async def start(self) -> None:
        """Tell the key unless it is known already. Raises `BackingServiceAway`."""
        published = self._signer.published(self._clock())

        async def work(tx: Tx) -> None:
            if await self._store.keys.add(published.key_id, published.published_at, tx):
                tx.publish(published, published.key_id)

        await self._store.transact(work)

    async def stop(self) -> None:
        """Nothing to let go."""

    def checks(self) -> Mapping[str, Check]:
        """Nothing that could fail later."""
        return {}


class Sweeper(Recurring):
    """Ends sessions that are idle or 12 hours old. Several replicas may: the first one that ends it tells."""

    name = "session-sweeper"

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        super().__init__()

    def checks(self) -> Mapping[str, Check]:
        """Ready while it sweeps."""
        return {self.name: self._loop.check}

    async def _turn(self) -> None:
        await self._sessions.sweep()
        await asyncio.sleep(SWEEP_EVERY)
