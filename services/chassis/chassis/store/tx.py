"""One transaction: the session every call must carry, and the events that leave with its commit."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec
from bson.binary import Binary
from motor.motor_asyncio import AsyncIOMotorClientSession

from chassis.clock import now
from chassis.ids import new_id
from chassis.store.writing import Row, Writing
from chassis.telemetry import current_traceparent
from contracts.audit import AccessRecorded
from contracts.base import Event, event_type
from contracts.cloudevents import Envelope
from contracts.topics import topic_of

_ENCODER = msgspec.json.Encoder()


class Tx:
    """A transaction under way. Pass `session=tx.session` to every call of the store made in it.

    What is gathered in `writing` is written before the commit: it costs no question of its own, and is not there
    to be read before.
    """

    def __init__(self, session: AsyncIOMotorClientSession, service: str) -> None:
        self.session = session
        self.writing = Writing()
        self.outgoing: list[Row] = []
        self.afterwards: list[Callable[[], None]] = []
        """Called once this transaction is committed; a process that dies before calls them never."""
        self._service = service

    def publish(self, event: Event, key: str) -> None:
        """Send `event` once this transaction is committed, on the topic the registry declares for it.

        Raises `LookupError` if this service declares no topic for the event.
        """
        topic = topic_of(type(event), self._service)
        self.outgoing.append(outbox_row(topic.name, self._service, event, key))

    def audit(
        self,
        *,
        action: str,
        actor: str,
        patient_id: str | None,
        object_kind: str,
        object_id: str | None = None,
        outcome: Literal["done", "refused"] = "done",
        peer: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Record who did what to whose data, with this transaction."""
        record = AccessRecorded(
            audit_id=new_id(),
            actor=actor,
            patient_id=patient_id,
            action=action,
            object_kind=object_kind,
            object_id=object_id,
            outcome=outcome,
            peer=peer,
            recorded_at=now(),
            reason=reason,
        )
        topic = f"{self._service}.audit"
        self.outgoing.append(outbox_row(topic, self._service, record, patient_id or record.audit_id))


def outbox_row(topic: str, service: str, event: Event, key: str, at: datetime | None = None) -> Row:
    """An event as the outbox keeps it until the bus has acknowledged it."""
    envelope = Envelope(
        id=new_id(),
        type=event_type(event),
        source=service,
        time=at or now(),
        subject=key,
        traceparent=current_traceparent(),
    )
    return {
        "_id": envelope.id,
        "topic": topic,
        "key": key,
        "value": Binary(_ENCODER.encode(event)),
        "headers": [[name, Binary(value)] for name, value in envelope.headers()],
        "at": envelope.time,
    }
