"""How this process connects to the bus: the same security and names for producer, consumer and broker."""

import asyncio
import ssl
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from faststream.security import SASLScram512

from chassis.settings import Settings

LARGEST_RECORD = 1_048_576
"""Bytes of a record, headers included."""
PRODUCER_MS = 10_000
"""After which a producer gives a record up by itself."""
SILENT_AFTER = 15.0
"""Seconds after which a producer that says nothing of what it was given has died.

aiokafka sends in a task of its own. If that is cancelled by an error that escapes from another, nobody is told,
and whoever waits for an acknowledgement waits for ever.
"""


def security(settings: Settings) -> SASLScram512:
    """SCRAM credentials for FastStream's broker."""
    return SASLScram512(
        username=settings.kafka_username,
        password=settings.kafka_password.get_secret_value(),
        use_ssl=settings.kafka_tls,
        ssl_context=ssl.create_default_context() if settings.kafka_tls else None,
    )


def connection(settings: Settings) -> dict[str, Any]:
    """Arguments every aiokafka client is built with."""
    return {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": "SASL_SSL" if settings.kafka_tls else "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": settings.kafka_username,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
        "ssl_context": ssl.create_default_context() if settings.kafka_tls else None,
        "client_id": settings.service,
    }


def durable_producer(
    settings: Settings, *, timeout_ms: int = PRODUCER_MS, largest: int = LARGEST_RECORD
) -> AIOKafkaProducer:
    """A producer whose sends are acknowledged by all replicas and never doubled by a retry."""
    return AIOKafkaProducer(
        **connection(settings),
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        request_timeout_ms=timeout_ms,
        retry_backoff_ms=50,
        max_request_size=largest,
    )


async def started_producer(settings: Settings, *, largest: int = LARGEST_RECORD) -> AIOKafkaProducer:
    """A durable producer that is connected. Raises the bus's errors."""
    producer = durable_producer(settings, largest=largest)
    try:
        await producer.start()
    except BaseException:
        await let_go(producer)
        raise
    return producer


async def let_go(producer: AIOKafkaProducer | None) -> None:
    """Disconnect, whatever state it is in: what it has not sent by now is its caller's to send again."""
    if producer is not None:
        with suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(producer.stop(), 2.0)
