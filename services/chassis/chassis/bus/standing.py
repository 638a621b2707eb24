"""Where a consumer stands on its topic, as the broker knows it: one whose fetching has died knows of nothing new.

aiokafka fetches in a task of its own. An error that it doesn't foresee ends that task, and whoever waits for
records waits for ever.
"""

import asyncio
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition


class Standing:
    """What two looks one after the other say of a consumer."""

    def __init__(self) -> None:
        self.behind = False
        """Whether records lay there at the last look that were not taken yet."""
        self.stalled = False
        """Whether the same ones lay there at the look before."""
        self._lying: Mapping[TopicPartition, int] = {}

    async def look(self, consumer: AIOKafkaConsumer, within: float) -> None:
        """Ask the broker where the partitions end. Raises its errors; `TimeoutError` after `within` seconds."""
        async with asyncio.timeout(within):
            ends = await consumer.end_offsets(list(consumer.assignment()))
            positions = {partition: await consumer.position(partition) for partition in ends}
        lying = {partition: at for partition, at in positions.items() if at < ends[partition]}
        self.behind = bool(lying)
        self.stalled = any(self._lying.get(partition) == at for partition, at in lying.items())
        self._lying = lying
