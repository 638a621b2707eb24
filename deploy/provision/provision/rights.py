"""Who may do what on the bus, derived from the topic registry. What isn't said here is denied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

CONSOLE = "console"
EVERY = "*"


class Resource(StrEnum):
    TOPIC = "topic"
    GROUP = "group"


class Operation(StrEnum):
    READ = "read"
    WRITE = "write"
    DESCRIBE = "describe"


@dataclass(frozen=True, order=True)
class Right:
    """One user may do one thing to one topic or group, by its whole name."""

    user: str
    resource: Resource
    name: str
    operation: Operation


class Consumer(Protocol):
    @property
    def service(self) -> str: ...
    @property
    def group(self) -> str: ...


class Topic(Protocol):
    """What of the registry's topics decides about rights."""

    @property
    def name(self) -> str: ...
    @property
    def partitions(self) -> int: ...
    @property
    def config(self) -> Mapping[str, str]: ...
    @property
    def producers(self) -> Sequence[str]: ...
    @property
    def consumers(self) -> Sequence[Consumer]: ...
    @property
    def followers(self) -> Sequence[str]: ...


NARROW_USERS: Mapping[str, tuple[str, ...]] = {"messaging-door": ("messaging.intake", "messaging.audit")}
"""Users of one process of a service, which write these topics and read none: the door faces the world."""


def rights(topics: Iterable[Topic]) -> frozenset[Right]:
    """Every right that the registry gives."""
    declared = tuple(topics)
    given: set[Right] = set()
    for topic in declared:
        given |= _of_producers(topic) | _of_readers(topic) | _of_console(topic)
    given |= _of_narrow_users(declared)
    given.add(Right(CONSOLE, Resource.GROUP, EVERY, Operation.DESCRIBE))
    return frozenset(given)


def _of_producers(topic: Topic) -> set[Right]:
    return {right for service in topic.producers for right in _on_topic(service, topic.name, Operation.WRITE)}


def _of_readers(topic: Topic) -> set[Right]:
    readers = [*(consumer.service for consumer in topic.consumers), *topic.followers]
    given = {right for service in readers for right in _on_topic(service, topic.name, Operation.READ)}
    return given | {
        Right(consumer.service, Resource.GROUP, consumer.group, operation)
        for consumer in topic.consumers
        for operation in (Operation.READ, Operation.DESCRIBE)
    }


def _of_console(topic: Topic) -> set[Right]:
    """Operators see that every topic is there and how far it is, and read dead letters only."""
    if topic.name.endswith(".dead-letters"):
        return _on_topic(CONSOLE, topic.name, Operation.READ)
    return {Right(CONSOLE, Resource.TOPIC, topic.name, Operation.DESCRIBE)}


def _of_narrow_users(topics: Iterable[Topic]) -> set[Right]:
    names = {topic.name for topic in topics}
    return {
        right
        for user, written in NARROW_USERS.items()
        for name in written
        if name in names
        for right in _on_topic(user, name, Operation.WRITE)
    }


def _on_topic(user: str, topic: str, operation: Operation) -> set[Right]:
    return {Right(user, Resource.TOPIC, topic, each) for each in (operation, Operation.DESCRIBE)}
