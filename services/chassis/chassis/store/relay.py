"""The relay: publishes what transactions committed to the outbox, in order, and only then deletes it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pymongo import ASCENDING

from chassis.background import Loop
from chassis.bus.client import durable_producer
from chassis.clock import now
from chassis.part import Check
from chassis.settings import Settings
from chassis.store.lease import Lease
from chassis.store.store import Store, away
from chassis.store.tx import Row
from chassis.store.wake import Waker, woken
from chassis.telemetry import log
from chassis.telemetry.metrics import EVENTS_PUBLISHED, OUTBOX_LAG

LEASE_LIFE = timedelta(seconds=10)
RENEW_AFTER = 3.0
SWEEP_AFTER = 1.0
AT_ONCE = 500


class Relay:
    """One a service by lease, woken by commits and sweeping behind them. Part of the service's worker."""

    name = "relay"

    def __init__(self, settings: Settings, store: Store[Any]) -> None:
        self._settings = settings
        self._store = store
        self._lease = Lease(store, "relay", LEASE_LIFE)
        self._held_until = 0.0
        self._producer: AIOKafkaProducer | None = None
        self._waker = Waker(store, "outbox", store.committed)
        self._loop = Loop("relay", self._turn)

    async def start(self) -> None:
        """Begin to relay; the bus and the store may come later."""
        self._waker.start()
        self._loop.start()

    async def stop(self) -> None:
        """Publish what is committed by now, then let another replica take over."""
        await self._waker.stop()
        await self._loop.stop()
        await self._let_go()

    def checks(self) -> Mapping[str, Check]:
        """Ready while the loop publishes, or waits behind another replica's lease."""
        return {"relay": self._loop.check}

    async def _turn(self) -> None:
        if not await self._holding():
            await asyncio.sleep(SWEEP_AFTER)
            return
        if await self._publish_pending() < AT_ONCE:
            await woken(self._store.committed, SWEEP_AFTER)

    async def _holding(self) -> bool:
        clock = asyncio.get_running_loop().time
        if clock() < self._held_until:
            return True
        started = clock()
        if not await self._lease.hold():
            return False
        self._held_until = started + RENEW_AFTER
        return True

    async def _publish_pending(self) -> int:
        with away():
            outbox = self._store.collection("outbox")
            rows = await outbox.find({}).sort("_id", ASCENDING).limit(AT_ONCE).to_list(AT_ONCE)
        if rows:
            await self._send(rows)
            with away():
                await outbox.delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
        return len(rows)

    async def _send(self, rows: list[Row]) -> None:
        """Send all before waiting for any; after an error the producer is rebuilt and all are sent again."""
        producer = await self._started_producer()
        try:
            sent = [
                await producer.send(
                    row["topic"],
                    value=bytes(row["value"]),
                    key=row["key"].encode(),
                    headers=[(name, bytes(value)) for name, value in row["headers"]],
                )
                for row in rows
            ]
            await asyncio.gather(*sent)
        except Exception:
            await self._drop_producer()
            raise
        self._count(rows)

    def _count(self, rows: list[Row]) -> None:
        at = now()
        for row in rows:
            EVENTS_PUBLISHED.labels(row["topic"]).inc()
            OUTBOX_LAG.observe((at - row["at"]).total_seconds())

    async def _started_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = durable_producer(self._settings)
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(producer.stop(), 2.0)

    async def _let_go(self) -> None:
        if asyncio.get_running_loop().time() < self._held_until:
            await self._last_turn()
        await self._drop_producer()

    async def _last_turn(self) -> None:
        """What cannot be sent now is sent by whoever relays next: it is still in the outbox."""
        try:
            async with asyncio.timeout(3.0):
                await self._publish_pending()
                await self._lease.release()
        except Exception as error:
            log.warning("relay.left-behind", exc_info=error)
