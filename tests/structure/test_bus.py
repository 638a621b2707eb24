"""Every declared topic is published and read; the code names no topic that isn't declared."""

import ast
import re

import pytest

from contracts.topics import SERVICES, TOPICS, Topic
from tests.structure.conftest import ROOT, sources_of


def source(service: str) -> str:
    chassis = "\n".join(path.read_text() for path in (ROOT / "services/chassis/chassis").rglob("*.py"))
    return chassis + "\n".join(path.read_text() for path in sources_of(service))


def constructed(text: str) -> set[str]:
    """Names of everything that is called in a source: events are made by calling their type."""
    found: set[str] = set()
    for part in text.split('\n"""'):
        found |= set(re.findall(r"\b([A-Z][A-Za-z]+)\(", part))
    return found


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic.events], ids=lambda topic: topic.name)
def test_every_event_of_a_topic_is_published_by_its_producers(topic: Topic) -> None:
    for service in topic.producers:
        made = constructed(source(service))
        assert [event.__name__ for event in topic.events if event.__name__ not in made] == [], service


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_topic_is_read_by_those_it_names_or_declared_for_operators(topic: Topic) -> None:
    readers = {consumer.service for consumer in topic.consumers} | set(topic.followers)
    assert readers or topic.for_operators
    assert [service for service in sorted(readers) if f'"{topic.name}"' not in source(service)] == []


def test_no_source_names_a_topic_that_is_not_declared() -> None:
    known = {topic.name for topic in TOPICS}
    shape = re.compile(rf"^({'|'.join(SERVICES)})\.(events|commands|patients|codes|sessions|keys|intake|audit)$")
    unknown = {
        f"{path.name}: {node.value}"
        for service in SERVICES
        for path in sources_of(service)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and shape.match(node.value)
        and node.value not in known
    }
    assert unknown == set()
