"""Does each process really answer? Not "is its port open": what its users would ask of it.

The supervisor is not told: its own readiness checks end a process that fails them, and a service
whose store is away must stay, say so, and wait.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from pymongo import MongoClient
from pymongo.errors import PyMongoError

PATIENCE_S = 2.0

Probe = Callable[[], bool]


def http_answers(url: str) -> bool:
    """A GET is answered with a success."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=PATIENCE_S)
    try:
        connection.request("GET", address.path or "/")
        return 200 <= connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def smtp_greets(address: tuple[str, int]) -> bool:
    """An SMTP server says 220."""
    try:
        with socket.create_connection(address, PATIENCE_S) as connection:
            connection.settimeout(PATIENCE_S)
            return connection.recv(64).startswith(b"220")
    except OSError:
        return False


def scanner_answers(address: tuple[str, int]) -> bool:
    """A clamd says PONG."""
    try:
        with socket.create_connection(address, PATIENCE_S) as connection:
            connection.settimeout(PATIENCE_S)
            connection.sendall(b"zPING\0")
            return connection.recv(16) == b"PONG\0"
    except OSError:
        return False


def kafka_answers(bootstrap: str, username: str, password: str) -> bool:
    """An authenticated admin call is answered."""
    admin = AdminClient(kafka_client(bootstrap, username, password), logger=_Silence())
    try:
        return bool(admin.list_topics(timeout=PATIENCE_S).brokers)
    except KafkaException:
        return False


def kafka_client(bootstrap: str, username: str, password: str) -> dict[str, str | int | float | bool]:
    """What confluent-kafka needs to speak to our broker."""
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": username,
        "sasl.password": password,
        "log_level": 0,
    }


def mongodb_answers(uri: str, username: str, password: str) -> bool:
    """An authenticated ping is answered."""
    wait = int(PATIENCE_S * 1000)
    try:
        with MongoClient[Mapping[str, object]](
            uri, username=username, password=password, authSource="admin",
            serverSelectionTimeoutMS=wait, connectTimeoutMS=wait, socketTimeoutMS=wait,
        ) as client:  # fmt: skip
            client.admin.command("ping")
            return True
    except PyMongoError:
        return False


class _Silence:
    """librdkafka says each refused connection; a probe expects them."""

    def log(self, *_: object) -> None: ...
