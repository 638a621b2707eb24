"""A bus of figures, without Kafka."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from chassis.clock import now
from console.bus import BusAway
from console.domain.figures import GroupFigures, Snapshot, TopicFigures, lag_of
from console.domain.letters import DeadLetter, read_letter
from contracts.topics import TOPICS


def snapshot_of(topics: Mapping[str, tuple[int, int]], at: datetime | None = None) -> Snapshot:
    """A bus on which these topics hold from begin to end in partition 0, and no group has read anything."""
    figures = tuple(
        TopicFigures(topic=topic, begins={0: begin}, ends={0: end})
        for topic in TOPICS
        for begin, end in [topics.get(topic.name, (0, 0))]
    )
    groups = tuple(
        GroupFigures(
            service=consumer.service,
            group=consumer.group,
            topic=one.topic.name,
            lag=lag_of(one.begins, one.ends, {}),
        )
        for one in figures
        for consumer in one.topic.consumers
    )
    return Snapshot(taken_at=at or now(), topics=figures, groups=groups)


class FakeBus:
    """A bus that answers what it was made with, or is away."""

    def __init__(self, snapshot: Snapshot | None = None, letters: Sequence[DeadLetter] = ()) -> None:
        self._snapshot = snapshot
        self._letters = list(letters)
        self.asked: list[tuple[list[str], int]] = []

    async def snapshot(self) -> Snapshot:
        if self._snapshot is None:
            raise BusAway("the bus at nowhere:1 does not answer: gone")
        return self._snapshot

    async def dead_letters(self, topics: Sequence[str], limit: int) -> list[DeadLetter]:
        self.asked.append((list(topics), limit))
        return self._letters


def letter(value: bytes, event_type: str, **headers: str) -> DeadLetter:
    """A dead letter as chassis writes them."""
    usual = {
        "ce_type": event_type,
        "ce_id": "01975a3c-1f60-7a10-9c4e-2b7d5e8f0a31",
        "pli_dl_reason": "undecodable",
        "pli_dl_topic": "auth.patients",
        "pli_dl_partition": "3",
        "pli_dl_offset": "17",
        "pli_dl_attempts": "4",
        "pli_dl_subscription": "documents-on-auth.patients",
        "pli_dl_at": "2026-06-09T12:30:00.000+00:00",
        "pli_dl_trace": "0af7651916cd43dd8448eb211c80319c",
    }
    fields = [(name, text.encode()) for name, text in (usual | headers).items()]
    return read_letter("documents.dead-letters", 1, 5, fields, value)
