"""A producer that several send by: connected once for all of them, and replaced when it has failed for good."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis.bus import client
from chassis.errors import BackingServiceAway
from chassis.settings import Settings
from chassis.telemetry import log


class Producing:
    """What a process sends by. A producer that lost its sequence, or says nothing any more, never works again.

    Whoever sends next gets another; who still waits for what the old one was given isn't cut: it is let go when
    the last of them is done.
    """

    def __init__(self, settings: Settings, *, largest: int = client.LARGEST_RECORD) -> None:
        self._settings = settings
        self._largest = largest
        self._producer: AIOKafkaProducer | None = None
        self._connecting: asyncio.Task[AIOKafkaProducer] | None = None
        self._senders: Counter[AIOKafkaProducer] = Counter()
        self._silent_since: float | None = None

    async def connected(self) -> AIOKafkaProducer:
        """The producer, connected if it wasn't. Raises `BackingServiceAway` while the bus is."""
        if self._producer is not None:
            return self._producer
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect())
            self._connecting.add_done_callback(self._has_connected)
        try:
            return await asyncio.shield(self._connecting)
        except (KafkaError, OSError) as error:
            raise BackingServiceAway("bus") from error

    async def stop(self) -> None:
        """Disconnect; nobody sends any more."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        producer, self._producer = self._producer, None
        await client.let_go(producer)

    @asynccontextmanager
    async def sending(self, within: float | None = None) -> AsyncIterator[AIOKafkaProducer]:
        """Send by this one, and wait for what it acknowledges, for at most `within` seconds.

        Raises `BackingServiceAway`: some of it may be there then. One sending may be slow: a producer is replaced
        after `SILENT_AFTER` seconds in which nothing was acknowledged, or an error that no retry mends.
        """
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(client.SILENT_AFTER if within is None else within):
                producer = await self.connected()
                async with self._among_senders(producer, began):
                    yield producer
        except (KafkaError, TimeoutError) as error:
            raise BackingServiceAway("bus") from error
        self._silent_since = None

    @asynccontextmanager
    async def _among_senders(self, producer: AIOKafkaProducer, began: float) -> AsyncIterator[None]:
        self._senders[producer] += 1
        try:
            yield
        except BaseException as error:
            self._judge(producer, error, began)
            raise
        finally:
            self._senders[producer] -= 1
            if not self._senders[producer]:
                del self._senders[producer]
                if producer is not self._producer:
                    await client.let_go(producer)

    def _judge(self, producer: AIOKafkaProducer, error: BaseException, began: float) -> None:
        if self._silent_since is None:
            self._silent_since = began
        silent = asyncio.get_running_loop().time() - self._silent_since >= client.SILENT_AFTER
        broken = isinstance(error, KafkaError) and not error.retriable
        if (silent or broken) and producer is self._producer:
            log.warning("producer.lost", exc_info=error)
            self._producer = self._silent_since = None

    async def _connect(self) -> AIOKafkaProducer:
        self._producer = await client.started_producer(self._settings, largest=self._largest)
        return self._producer

    def _has_connected(self, task: asyncio.Task[AIOKafkaProducer]) -> None:
        self._connecting = None
        if not task.cancelled():
            task.exception()  # whoever waited has been told; if nobody waits any more, the next one will try
