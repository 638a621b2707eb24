"""The console's figures in Prometheus's words. Stale figures are left out, so that a graph shows the gap."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from console.domain.figures import Snapshot
from console.gathering import Gathering


class FiguresCollector(Collector):
    """Answers a scrape from the last figures, without a question to the bus."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering

    def collect(self) -> Iterator[Metric]:
        """The families of one scrape."""
        snapshot = self._gathering.fresh
        up = GaugeMetricFamily("pli_bus_seen", "1 while the console sees the bus")
        up.add_metric([], 1 if snapshot else 0)
        yield up
        if snapshot:
            yield _end_offsets(snapshot)
            yield _lags(snapshot)
            yield _dead_letters(snapshot)


def registry_of(gathering: Gathering) -> CollectorRegistry:
    """A registry with these figures alone."""
    registry = CollectorRegistry()
    registry.register(FiguresCollector(gathering))
    return registry


def _end_offsets(snapshot: Snapshot) -> Metric:
    family = GaugeMetricFamily(
        "pli_topic_end_offset", "offset of the next record of a partition", labels=["topic", "partition"]
    )
    for one in snapshot.topics:
        for partition, end in one.ends.items():
            family.add_metric([one.topic.name, str(partition)], end)
    return family


def _lags(snapshot: Snapshot) -> Metric:
    family = GaugeMetricFamily(
        "pli_consumer_lag", "records that wait for a group", labels=["group", "topic", "partition"]
    )
    for one in snapshot.groups:
        for partition, lag in one.lag.items():
            family.add_metric([one.group, one.topic, str(partition)], lag)
    return family


def _dead_letters(snapshot: Snapshot) -> Metric:
    family = GaugeMetricFamily("pli_dead_letters", "dead letters a topic holds", labels=["topic"])
    for topic, count in snapshot.dead_letters.items():
        family.add_metric([topic], count)
    return family
