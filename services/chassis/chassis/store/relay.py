"""The relay: publishes what transactions committed to the outbox, and only then deletes it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaProducer
from pymongo import ASCENDING

from chassis.background import Loop
from chassis.bus.producing import Producing
from chassis.clock import now
from chassis.part import Check
from chassis.settings import Settings
from chassis.store.lease import Lease
from chassis.store.store import Store, away
from chassis.store.wake import Waker, woken
from chassis.store.writing import Row
from chassis.telemetry import log
from chassis.telemetry.metrics import EVENTS_PUBLISHED, OUTBOX_LAG

LEASE_LIFE = timedelta(seconds=10)
RENEW_AFTER = 3.0
SWEEP_AFTER = 1.0
AT_ONCE = 500
MOST_IN_HAND = 5_000
"""Events of this process that are kept in memory until they are published; a sweep finds the others."""
DELETES_AFTER = 0.25
"""Seconds in which published events gather to be deleted together: a relay that dies sends them again."""


class Relay:
    """One a service by lease. It is handed what this process commits, and sweeps for what others did.

    A published event is in the outbox until a moment later: a relay that dies meanwhile is followed by one that
    sends it again, with the same id. Part of the service's worker.
    """

    name = "relay"

    def __init__(self, settings: Settings, store: Store[Any]) -> None:
        self._store = store
        self._lease = Lease(store, "relay", LEASE_LIFE)
        self._held_until = 0.0
        self._swept_at = 0.0
        self._producing = Producing(settings)
        self._leads = False
        self._others_wrote = False
        self._in_hand: list[Row] = []
        self._mine: set[str] = set()
        self._published: list[str] = []
        self._work = asyncio.Event()
        self._to_delete = asyncio.Event()
        self._waker = Waker(store, "outbox", self._hear, ours=self._mine.__contains__)
        self._loop = Loop("relay", self._turn)
        self._deleting = Loop("relay-deletes", self._delete)

    async def start(self) -> None:
        """Begin to relay; the bus and the store may come later."""
        self._store.relay = self._promised
        self._waker.start()
        self._loop.start()
        self._deleting.start()

    async def stop(self) -> None:
        """Publish what is committed by now, then let another replica take over."""
        await self._waker.stop()
        await self._loop.stop()
        await self._deleting.stop()
        await self._let_go()

    def checks(self) -> Mapping[str, Check]:
        """Ready while the loop publishes, or waits behind another replica's lease."""
        return {"relay": self._loop.check}

    @contextmanager
    def _promised(self, rows: Sequence[Row]) -> Iterator[None]:
        """Around a commit of this process: its events are ours to publish, and no sweep takes them for another's.

        After a commit of unknown end a sweep tells.
        """
        ids = [row["_id"] for row in rows]
        self._mine.update(ids)
        try:
            yield
        except BaseException:
            self._mine.difference_update(ids)
            raise
        if self._leads and len(self._in_hand) < MOST_IN_HAND:
            self._in_hand += rows
        else:
            self._mine.difference_update(ids)
        self._work.set()

    def _hear(self) -> None:
        """Another process wrote into the outbox, or it may hold something of ours again."""
        self._others_wrote = True
        self._work.set()

    async def _turn(self) -> None:
        if not await self._holding():
            self._put_back()
            await asyncio.sleep(SWEEP_AFTER)
            return
        if self._in_hand:
            rows, self._in_hand = self._in_hand[:AT_ONCE], self._in_hand[AT_ONCE:]
            await self._publish(rows)
        elif self._is_due():
            await self._sweep()
        else:
            await woken(self._work, SWEEP_AFTER)

    async def _holding(self) -> bool:
        clock = asyncio.get_running_loop().time
        if clock() < self._held_until:
            return True
        started = clock()
        self._leads = await self._lease.hold()
        if self._leads:
            self._held_until = started + RENEW_AFTER
        return self._leads

    def _put_back(self) -> None:
        """What was in hand is in the outbox, where the next sweep finds it, this relay's or another's."""
        self._mine.difference_update(row["_id"] for row in self._in_hand)
        self._in_hand = []

    def _is_due(self) -> bool:
        return self._others_wrote or asyncio.get_running_loop().time() - self._swept_at >= SWEEP_AFTER

    async def _sweep(self) -> None:
        """Publish what is in the outbox and nobody handed over: another process's, or a dead one's."""
        self._others_wrote = False
        self._swept_at = asyncio.get_running_loop().time()
        most = AT_ONCE + len(self._mine)
        outbox = self._store.collection("outbox")
        with away():
            found = await outbox.find({}).sort("_id", ASCENDING).limit(most).to_list(most)
        strange = [row for row in found if row["_id"] not in self._mine]
        if strange:
            self._waker.heard()
            self._mine.update(row["_id"] for row in strange)
            await self._publish(strange)
        if len(found) == most:
            self._hear()

    async def _publish(self, rows: Sequence[Row]) -> None:
        try:
            await self._send(rows)
        except BaseException:
            self._mine.difference_update(row["_id"] for row in rows)
            self._hear()
            raise
        self._published += [row["_id"] for row in rows]
        self._to_delete.set()

    async def _delete(self) -> None:
        await self._to_delete.wait()
        self._to_delete.clear()
        if len(self._published) < AT_ONCE:
            await asyncio.sleep(DELETES_AFTER)
        try:
            await self._delete_published()
        except BaseException:
            self._to_delete.set()
            raise

    async def _delete_published(self) -> None:
        ids = self._published[:AT_ONCE]
        if not ids:
            return
        with away():
            await self._store.collection("outbox").delete_many({"_id": {"$in": ids}})
        self._published = self._published[len(ids) :]
        self._mine.difference_update(ids)
        if self._published:
            self._to_delete.set()

    async def _send(self, rows: Sequence[Row]) -> None:
        """After an error, and after a silence, all are sent again."""
        async with self._producing.sending() as producer:
            await _send_all(producer, rows)
        self._count(rows)

    def _count(self, rows: Sequence[Row]) -> None:
        at = now()
        for row in rows:
            EVENTS_PUBLISHED.labels(row["topic"]).inc()
            OUTBOX_LAG.observe((at - row["at"]).total_seconds())

    async def _let_go(self) -> None:
        if self._leads:
            await self._last_turn()
        await self._producing.stop()

    async def _last_turn(self) -> None:
        """What cannot be sent now is sent by whoever relays next: it is still in the outbox."""
        try:
            async with asyncio.timeout(3.0):
                self._put_back()
                await self._sweep()
                while self._published:
                    await self._delete_published()
                await self._lease.release()
        except Exception as error:
            log.warning("relay.left-behind", exc_info=error)


async def _send_all(producer: AIOKafkaProducer, rows: Sequence[Row]) -> None:
    """Send all before waiting for any."""
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
