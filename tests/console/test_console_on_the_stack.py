"""The console on the real bus, with its own narrow rights."""

import pytest

from console.bus import BusAway, connected
from console.settings import ConsoleSettings
from contracts.topics import TOPICS
from stack.control import Stack

pytestmark = pytest.mark.stack


@pytest.fixture
def settings() -> ConsoleSettings:
    env = Stack().env("console")
    return ConsoleSettings.model_validate({name.removeprefix("PLI_").lower(): text for name, text in env.items()})


async def test_every_declared_topic_exists_with_its_partitions(settings: ConsoleSettings) -> None:
    async with connected(settings) as bus:
        snapshot = await bus.snapshot()
    found = {one.topic.name: len(one.ends) for one in snapshot.topics}
    assert found == {topic.name: topic.partitions for topic in TOPICS}


async def test_every_declared_group_has_a_lag_for_each_partition(settings: ConsoleSettings) -> None:
    async with connected(settings) as bus:
        snapshot = await bus.snapshot()
    declared = {consumer.group for topic in TOPICS for consumer in topic.consumers}
    assert {one.group for one in snapshot.groups} == declared
    partitions = {topic.name: topic.partitions for topic in TOPICS}
    assert all(len(one.lag) == partitions[one.topic] for one in snapshot.groups)


async def test_the_console_reads_no_letters_but_dead_ones(settings: ConsoleSettings) -> None:
    async with connected(settings) as bus:
        assert await bus.dead_letters(["auth.patients"], 10) == []


async def test_a_wrong_password_is_a_bus_that_does_not_answer(settings: ConsoleSettings) -> None:
    wrong = settings.model_copy(update={"kafka_password": type(settings.kafka_password)("wrong")})
    with pytest.raises(BusAway):
        async with connected(wrong):
            pass
