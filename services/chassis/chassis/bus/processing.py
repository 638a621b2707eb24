"""What becomes of records: their effect once, a dead letter, a place in `waiting`, or given back to the bus."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from chassis.bus.dead_letters import DeadLetters, Reason
from chassis.bus.inbox import Inbox, SeenBefore
from chassis.bus.subscription import Delivered, Raw, Ready, Subscription, understand
from chassis.bus.waiting import Waiting
from chassis.errors import BackingServiceAway, Kind, NotYet, PliError, kind_of, recognise
from chassis.store import Store, Tx
from chassis.telemetry import continuing, log
from chassis.telemetry.metrics import EVENTS_HANDLED, EVENTS_SKIPPED

RETRY_FOR = 5.0
"""Seconds for which an event is tried again after a transient error."""
FIRST_RETRY = 0.1
UNFORESEEN = "unexpected"

Place = tuple[str, int, int]
"""Where a record is on the bus: topic, partition, offset."""


class Processing:
    """Processes the records of one subscription. Raises `BackingServiceAway` and nothing else."""

    def __init__(
        self, store: Store[Any], subscription: Subscription, waiting: Waiting, dead_letters: DeadLetters
    ) -> None:
        self.subscription = subscription
        self._store = store
        self._inbox = Inbox(store, subscription)
        self._waiting = waiting
        self._dead_letters = dead_letters
        self._group = subscription.declared.group_of(store.service)
        self._buried: set[Place] = set()

    async def batch(self, raws: Sequence[Raw]) -> None:
        """Process records in their order: together if all goes well, else each alone."""
        understood = await self._all_understood(raws)
        if len(understood) == 1:
            await self.alone(understood[0])
        elif understood and not await self._together(understood):
            for delivered in understood:
                await self.alone(delivered)
        self.over(raws)

    async def together(self, raws: Sequence[Raw]) -> bool:
        """Process records of several lanes at once; False when one of them must be looked at alone.

        Then nothing was committed, and each lane processes its own `batch`.
        """
        understood = await self._all_understood(raws)
        if understood and not await self._together(understood):
            return False
        self.over(raws)
        return True

    def over(self, raws: Sequence[Raw]) -> None:
        """These records do not come again: nothing needs to be known of them any more."""
        self._buried.difference_update(map(_place, raws))

    async def again(self, raw: Raw) -> bool:
        """Try a record that was kept aside; False while its patient is still unknown."""
        delivered = await self._understood(raw)
        if delivered is None:
            return True
        return await self._attempt_alone(delivered, on_unknown_patient=None)

    async def alone(self, delivered: Delivered) -> None:
        """Process one event, with its retries, to whatever end it has."""
        await self._attempt_alone(delivered, on_unknown_patient=self._waiting)

    async def give_up(self, raw: Raw, code: str, attempts: int) -> None:
        """Make a dead letter of a record. Raises `BackingServiceAway` if the bus cannot take it.

        Once only until it is `over`: its batch may be given back and tried again because of another record.
        """
        if _place(raw) in self._buried:
            return
        await self._dead_letters.bury(raw, self._group, Reason(code=code, attempts=attempts))
        self._buried.add(_place(raw))

    async def _all_understood(self, raws: Sequence[Raw]) -> list[Delivered]:
        return [found for raw in raws if (found := await self._understood(raw)) is not None]

    async def _understood(self, raw: Raw) -> Delivered | None:
        try:
            found = understand(self.subscription, raw)
        except PliError as error:
            await self.give_up(raw, error.code, attempts=1)
            return None
        if isinstance(found, Delivered):
            return found
        EVENTS_SKIPPED.labels(raw.topic, found.type).inc()
        return None

    async def _together(self, batch: Sequence[Delivered]) -> bool:
        """All in one transaction; False if one of them must be looked at alone."""
        prepared = await asyncio.gather(*map(_prepare, batch), return_exceptions=True)
        if any(isinstance(result, BaseException) for result in prepared):
            _raise_if_away(prepared)
            return False
        try:
            await self._commit(batch, prepared)
        except Exception as error:
            _raise_if_away([error])
            return False
        return True

    async def _attempt_alone(self, delivered: Delivered, on_unknown_patient: Waiting | None) -> bool:
        clock = asyncio.get_running_loop().time
        give_up_at, attempts, pause = clock() + RETRY_FOR, 0, FIRST_RETRY
        while True:
            attempts += 1
            try:
                await self._commit([delivered], [await _prepare(delivered)])
                return True
            except NotYet:
                if on_unknown_patient is None:
                    return False
                await on_unknown_patient.keep(delivered.raw)
                return True
            except Exception as error:
                _raise_if_away([error])
                if kind_of(error) is Kind.PERMANENT or clock() + pause > give_up_at:
                    await self._bury(delivered, error, attempts)
                    return True
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause *= 2

    async def _commit(self, batch: Sequence[Delivered], prepared: Sequence[Any]) -> None:
        results = {id(delivered): result for delivered, result in zip(batch, prepared, strict=True)}

        async def work(tx: Tx, among: Callable[[Tx, Sequence[Delivered]], Awaitable[list[Delivered]]]) -> None:
            unseen = await among(tx, batch)
            for number, handling in enumerate(dict.fromkeys(delivered.handling for delivered in unseen)):
                if number:
                    await self._store.flush(tx)  # each reads what those before it wrote
                ready = [_ready(one, results[id(one)]) for one in unseen if one.handling is handling]
                await handling.perform(tx, ready)

        try:
            await self._store.transact(partial(work, among=self._inbox.mark))
        except SeenBefore:
            await self._store.transact(partial(work, among=self._inbox.unseen))
        for delivered in batch:
            EVENTS_HANDLED.labels(delivered.raw.topic, delivered.envelope.type, "done").inc()

    async def _bury(self, delivered: Delivered, error: Exception, attempts: int) -> None:
        known = recognise(error)
        log.error("event.failed", type=delivered.envelope.type, event_id=delivered.envelope.id, exc_info=error)
        EVENTS_HANDLED.labels(delivered.raw.topic, delivered.envelope.type, "dead-letter").inc()
        with continuing(delivered.envelope.traceparent):
            await self.give_up(delivered.raw, known.code if known else UNFORESEEN, attempts)


def _place(raw: Raw) -> Place:
    return raw.topic, raw.partition, raw.offset


def _ready(delivered: Delivered, prepared: Any) -> Ready:
    return Ready(event=delivered.event, prepared=prepared, traceparent=delivered.envelope.traceparent)


async def _prepare(delivered: Delivered) -> Any:
    if delivered.handling.prepare is None:
        return None
    with continuing(delivered.envelope.traceparent, delivered.envelope.type):
        return await delivered.handling.prepare(delivered.event, delivered.origin)


def _raise_if_away(results: Sequence[Any]) -> None:
    for result in results:
        if isinstance(result, Exception) and kind_of(result) is Kind.AWAY:
            known = recognise(result)
            raise known if isinstance(known, BackingServiceAway) else BackingServiceAway("backing service")
