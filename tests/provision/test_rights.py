"""Who may do what on the bus, on a small registry."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.topics import TOPICS
from provision.rights import Operation, Resource, Right, rights


@dataclass(frozen=True)
class Reader:
    service: str
    group: str


@dataclass(frozen=True)
class Small:
    name: str
    producers: tuple[str, ...] = ()
    consumers: tuple[Reader, ...] = ()
    followers: tuple[str, ...] = ()
    partitions: int = 1
    config: Mapping[str, str] = field(default_factory=dict)


REGISTRY = (
    Small("post.letters", ("post",), (Reader("archive", "archive-on-post.letters"),), ("web",)),
    Small("archive.dead-letters", ("archive",)),
)


def may(user: str) -> set[tuple[str, str]]:
    return {(right.name, right.operation.value) for right in rights(REGISTRY) if right.user == user}


def test_a_producer_may_write_its_topic_and_not_read_it() -> None:
    assert may("post") == {("post.letters", "write"), ("post.letters", "describe")}


def test_a_consumer_may_read_its_topic_in_its_group_and_write_its_dead_letters() -> None:
    assert may("archive") == {
        ("post.letters", "read"),
        ("post.letters", "describe"),
        ("archive-on-post.letters", "read"),
        ("archive-on-post.letters", "describe"),
        ("archive.dead-letters", "write"),
        ("archive.dead-letters", "describe"),
    }


def test_a_follower_needs_no_group() -> None:
    assert may("web") == {("post.letters", "read"), ("post.letters", "describe")}


def test_the_console_sees_all_and_reads_dead_letters_only() -> None:
    assert {name for name, operation in may("console") if operation == "read"} == {"archive.dead-letters"}
    assert {name for name, operation in may("console") if operation == "describe"} == {
        "post.letters",
        "archive.dead-letters",
        "*",
    }


def test_nobody_else_may_anything() -> None:
    assert {right.user for right in rights(REGISTRY)} == {"post", "archive", "web", "console"}


def test_an_empty_registry_gives_no_right_on_any_topic() -> None:
    assert rights(()) == {Right("console", Resource.GROUP, "*", Operation.DESCRIBE)}


def test_nobody_but_the_console_has_a_right_on_everything() -> None:
    assert {right.user for right in rights(TOPICS) if right.name == "*"} == {"console"}


def test_the_door_may_write_intake_and_read_nothing() -> None:
    door = {right for right in rights(TOPICS) if right.user == "messaging-door"}
    assert {right.name for right in door} == {"messaging.intake", "messaging.audit"}
    assert Operation.READ not in {right.operation for right in door}


def test_only_who_is_declared_writes_a_topic() -> None:
    narrow = {"messaging.intake": {"messaging-door"}, "messaging.audit": {"messaging-door"}}
    for topic in TOPICS:
        writers = {
            right.user
            for right in rights(TOPICS)
            if right.name == topic.name and right.operation is Operation.WRITE
        }
        assert writers == set(topic.producers) | narrow.get(topic.name, set())
