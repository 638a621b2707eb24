"""The metrics every process offers at `/metrics`: codes and names of topics as labels, never an id."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS_HANDLED = Counter("pli_events_handled_total", "events handled, by outcome", ["topic", "type", "outcome"])
EVENTS_SKIPPED = Counter("pli_events_skipped_total", "events of a type not known here", ["topic", "type"])
EVENTS_PUBLISHED = Counter("pli_events_published_total", "events the bus acknowledged", ["topic"])
DEAD_LETTERS = Counter("pli_dead_letters_written_total", "records given up on", ["topic", "reason"])
OUTBOX_LAG = Histogram(
    "pli_outbox_seconds",
    "from the commit of an event to the bus's acknowledgement",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
EFFECTS = Counter("pli_effects_total", "effects outside the store, by outcome", ["queue", "outcome"])
READY = Gauge("pli_ready", "1 when the process is ready", ["process"])
