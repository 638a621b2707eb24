"""What a service does with the events of a topic, and how a record becomes one of them."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from aiokafka import ConsumerRecord

from chassis.errors import ForeignSource, Undecodable
from chassis.telemetry import continuing
from contracts.base import Event, event_type
from contracts.cloudevents import Envelope, EnvelopeError, read_envelope
from contracts.topics import BY_NAME, EVENT_DAYS, Topic

MARGIN = timedelta(days=7)
COMPACTED_MARKS = timedelta(days=60)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where an event came from."""

    topic: str
    partition: int
    offset: int
    key: str
    event_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Ready:
    """An event whose preparation is done, as a handling that takes several at once gets it."""

    event: Any
    prepared: Any = None
    traceparent: str | None = None

    def traced(self) -> AbstractContextManager[None]:
        """Work inside the event's own trace: what is published there continues it."""
        return continuing(self.traceparent, type(self.event).__name__)


Apply = Callable[[Any, Any, Any], Awaitable[None]]
Together = Callable[[Any, Sequence[Ready]], Awaitable[None]]
Prepare = Callable[[Any, Origin], Awaitable[Any]]


@dataclass(frozen=True)
class Handling:
    """What happens for one type of event.

    `apply(tx, event, prepared)` runs in the transaction that holds the inbox mark and does store work only.
    `prepare(event, origin)` runs before it and may run twice and at the same time as others: objects, parsing.
    `together(tx, ready)` stands in `apply`'s place where events come in floods: several at once, so that the
    store is asked once for all of them.
    """

    event: type[Event]
    apply: Apply | None = None
    prepare: Prepare | None = None
    together: Together | None = None

    def __post_init__(self) -> None:
        if (self.apply is None) == (self.together is None):
            raise TypeError(f"{self.event.__name__} is handled by one of apply and together")

    async def perform(self, tx: Any, ready: Sequence[Ready]) -> None:
        """Do the store work of these events."""
        if self.apply is None:
            assert self.together is not None
            await self.together(tx, ready)
            return
        for one in ready:
            with one.traced():
                await self.apply(tx, one.event, one.prepared)


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """The events of one topic that a service handles; other types are skipped and counted.

    `inbox=False` is for compacted state topics, where the revision in the event decides.
    """

    topic: str
    on: Sequence[Handling]
    inbox: bool = True
    by_type: dict[str, Handling] = field(init=False)
    decoders: dict[str, msgspec.json.Decoder[Event]] = field(init=False)

    def __post_init__(self) -> None:
        by_type = {event_type(handling.event): handling for handling in self.on}
        decoders = {name: msgspec.json.Decoder(handling.event) for name, handling in by_type.items()}
        object.__setattr__(self, "by_type", by_type)
        object.__setattr__(self, "decoders", decoders)

    @property
    def declared(self) -> Topic:
        """The topic as the registry declares it."""
        return BY_NAME[self.topic]

    @property
    def in_floods(self) -> bool:
        """Whether its events come so many at a time that a few are worth waiting for."""
        return any(handling.together for handling in self.on)

    @property
    def marks_live(self) -> timedelta:
        """How long an inbox mark is kept: as long as the topic or a dead letter could bring the event back."""
        retention = self.declared.retention
        return (retention + EVENT_DAYS + MARGIN) if retention else COMPACTED_MARKS


@dataclass(frozen=True, kw_only=True)
class Raw:
    """A record as it came, byte for byte: from the bus, or kept aside in `waiting`."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @classmethod
    def of(cls, record: ConsumerRecord) -> "Raw":
        """The parts of a consumed record that matter here."""
        headers = tuple((name, value or b"") for name, value in record.headers)
        return cls(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            headers=headers,
        )


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A record that was understood: its envelope, its event, and what is to be done with it."""

    raw: Raw
    envelope: Envelope
    event: Event
    handling: Handling

    @property
    def origin(self) -> Origin:
        """Where it came from, for handlers."""
        return Origin(
            topic=self.raw.topic,
            partition=self.raw.partition,
            offset=self.raw.offset,
            key=(self.raw.key or b"").decode(errors="replace"),
            event_id=self.envelope.id,
            at=self.envelope.time,
        )


def understand(subscription: Subscription, raw: Raw) -> Delivered | Envelope:
    """The event in a record, or its bare envelope when its type is not handled here.

    Raises `Undecodable` or `ForeignSource`, both permanent.
    """
    try:
        envelope = read_envelope(raw.headers)
    except EnvelopeError as error:
        raise Undecodable(str(error)) from error
    if envelope.source not in subscription.declared.producers:
        raise ForeignSource(f"{envelope.source} is no producer of {raw.topic}")
    handling = subscription.by_type.get(envelope.type)
    if handling is None:
        return envelope
    event = _decode(subscription.decoders[envelope.type], raw.value)
    return Delivered(raw=raw, envelope=envelope, event=event, handling=handling)


def _decode(decoder: msgspec.json.Decoder[Event], value: bytes | None) -> Event:
    """Whatever a stranger's bytes make the decoder raise (nesting too deep among it) says the same of them."""
    try:
        return decoder.decode(value or b"")
    except Exception as error:
        raise Undecodable(type(error).__name__) from error
