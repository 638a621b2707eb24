"""The state of the bus at one instant: where each topic ends, and how far behind each group is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.topics import Topic

Offsets = Mapping[int, int]
"""By partition, the offset of the next record (end, committed) or of the first one kept (begin)."""

STALE_AFTER = timedelta(seconds=15)


@dataclass(frozen=True, kw_only=True)
class TopicFigures:
    """One declared topic as the broker has it; without partitions if it was never created."""

    topic: Topic
    begins: Offsets
    ends: Offsets

    @property
    def exists(self) -> bool:
        """Whether the broker knows the topic."""
        return bool(self.ends)

    @property
    def kept(self) -> int:
        """How many records the topic still holds (of a compacted one: at most)."""
        return sum(end - self.begins.get(partition, 0) for partition, end in self.ends.items())

    @property
    def written(self) -> int:
        """How many records were ever written to it."""
        return sum(self.ends.values())


@dataclass(frozen=True, kw_only=True)
class GroupFigures:
    """A declared consumer's group on its topic, and per partition how many records wait for it."""

    service: str
    group: str
    topic: str
    lag: Offsets

    @property
    def total(self) -> int:
        """How many records wait for the group in all partitions."""
        return sum(self.lag.values())


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The whole bus as it was at `taken_at`."""

    taken_at: datetime
    topics: tuple[TopicFigures, ...]
    groups: tuple[GroupFigures, ...]

    @property
    def dead_letters(self) -> dict[str, int]:
        """How many dead letters each `<service>.dead-letters` topic holds."""
        return {one.topic.name: one.kept for one in self.topics if is_dead_letters(one.topic)}

    def lag_on(self, topic: str) -> int | None:
        """The records that wait on a topic for all its groups; None where no group reads it."""
        found = [group.total for group in self.groups if group.topic == topic]
        return sum(found) if found else None

    def is_fresh(self, at: datetime) -> bool:
        """Whether these figures may still be shown as the present."""
        return at - self.taken_at <= STALE_AFTER


def is_dead_letters(topic: Topic) -> bool:
    """Whether a topic carries dead letters."""
    return topic.name.endswith(".dead-letters")


def lag_of(begins: Offsets, ends: Offsets, committed: Offsets) -> dict[int, int]:
    """Per partition, the records a group has still to read.

    A group that never committed in a partition starts at its beginning; records that retention has
    deleted meanwhile cannot wait any more.
    """
    return {
        partition: end - min(end, max(committed.get(partition, 0), begins.get(partition, 0)))
        for partition, end in ends.items()
    }
