"""The registry of topics is whole: somebody writes each, somebody reads each, and Kafka can keep each."""

import re
from collections import Counter
from datetime import timedelta

import pytest

from contracts.messaging import MessageReceived
from contracts.notifier import NoticeSent
from contracts.topics import BY_NAME, SERVICES, TOPICS, Topic, topic_of

MAX_PERSONAL = timedelta(days=30)
DAY_MS = 24 * 60 * 60 * 1000
by_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)


@by_topic
def test_a_topic_has_a_name_of_its_owner_and_says_what_it_is_for(topic: Topic) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+(-[a-z]+)*", topic.name)
    assert topic.name.partition(".")[0] in SERVICES
    assert topic.says
    assert topic.key


@by_topic
def test_a_topic_is_written_by_services_only(topic: Topic) -> None:
    assert topic.producers
    assert set(topic.producers) <= set(SERVICES)


@by_topic
def test_a_topic_is_read_by_a_service_or_declared_for_operators(topic: Topic) -> None:
    readers = {consumer.service for consumer in topic.consumers} | set(topic.followers)
    assert readers <= set(SERVICES)
    assert readers or topic.for_operators


@by_topic
def test_a_topic_declares_its_events_unless_it_carries_dead_letters(topic: Topic) -> None:
    assert bool(topic.events) is not topic.name.endswith(".dead-letters")


@by_topic
def test_a_service_consumes_a_topic_once_and_in_a_group_that_says_so(topic: Topic) -> None:
    for consumer in topic.consumers:
        assert consumer.group == f"{consumer.service}-on-{topic.name}"
        assert topic.group_of(consumer.service) == consumer.group
    services = [consumer.service for consumer in topic.consumers]
    assert len(services) == len(set(services))


@by_topic
def test_a_topic_is_kept_for_ever_by_key_or_deleted_after_its_time(topic: Topic) -> None:
    config = topic.config
    if topic.compacted:
        assert config["cleanup.policy"] == "compact"
        assert int(config["max.compaction.lag.ms"]) <= 60 * 60 * 1000
        return
    assert config["cleanup.policy"] == "delete"
    assert int(config["segment.ms"]) <= int(config["retention.ms"]) / 4
    assert 0 < int(config["segment.ms"]) <= DAY_MS


@by_topic
def test_every_setting_of_a_topic_is_text_as_kafka_wants_it(topic: Topic) -> None:
    assert all(isinstance(value, str) and value for value in topic.config.values())


@by_topic
def test_a_topic_has_partitions_for_two_lanes_of_two_replicas_or_is_tiny(topic: Topic) -> None:
    assert topic.partitions == 1 or topic.partitions >= 4


def test_what_is_kept_longer_than_30_days_is_compacted_or_audit() -> None:
    longer = [topic for topic in TOPICS if topic.retention is not None and topic.retention > MAX_PERSONAL]
    assert all(topic.name.endswith(".audit") for topic in longer)


def test_names_and_groups_are_given_once() -> None:
    groups = Counter(consumer.group for topic in TOPICS for consumer in topic.consumers)
    assert len(BY_NAME) == len(TOPICS)
    assert set(groups.values()) == {1}


def test_every_service_has_its_audit_and_its_dead_letters() -> None:
    for service in SERVICES:
        assert BY_NAME[f"{service}.audit"].producers == (service,)
        assert BY_NAME[f"{service}.dead-letters"].producers == (service,)


def test_an_event_finds_the_topic_of_the_service_that_publishes_it() -> None:
    assert topic_of(NoticeSent, "notifier").name == "notifier.events"


def test_a_service_cannot_publish_what_another_is_to_say() -> None:
    with pytest.raises(LookupError):
        topic_of(MessageReceived, "notifier")


def test_a_group_is_not_invented_for_a_service_that_is_no_consumer() -> None:
    with pytest.raises(LookupError):
        BY_NAME["messaging.events"].group_of("synthesis")


def test_no_service_publishes_one_event_on_two_topics() -> None:
    pairs = Counter((service, event) for topic in TOPICS for event in topic.events for service in topic.producers)
    assert set(pairs.values()) == {1}
