"""The console's page, metrics and health."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest

from chassis.clock import now
from console.app import web_app
from console.domain.figures import Snapshot
from console.gathering import Gathering
from console.settings import ConsoleSettings
from contracts.topics import TOPICS
from tests.console.fakes import snapshot_of


@pytest.fixture
def gathering() -> Gathering:
    """One that never looks: the test says what it saw."""
    return Gathering(
        ConsoleSettings.model_validate(
            {"kafka_bootstrap": "nowhere:1", "kafka_username": "x", "kafka_password": "x"}
        )
    )


@pytest.fixture
async def browser(gathering: Gathering) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(cast(Any, web_app(gathering)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8090") as client:
        yield client


@pytest.fixture
def seen(gathering: Gathering) -> Snapshot:
    gathering.latest = snapshot_of({"messaging.events": (0, 7), "auth.dead-letters": (1, 3)})
    return gathering.latest


async def test_the_page_shows_every_topic(browser: httpx.AsyncClient, seen: Snapshot) -> None:
    answer = await browser.get("/")
    assert answer.status_code == 200
    assert all(topic.name in answer.text for topic in TOPICS)


async def test_the_page_runs_nothing_and_loads_its_own_style_only(
    browser: httpx.AsyncClient, seen: Snapshot
) -> None:
    answer = await browser.get("/")
    assert "default-src 'none'; style-src 'self'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    style = await browser.get("/console.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text


async def test_metrics_carry_ends_lag_and_dead_letters(browser: httpx.AsyncClient, seen: Snapshot) -> None:
    answer = (await browser.get("/metrics")).text.splitlines()
    assert 'pli_topic_end_offset{partition="0",topic="messaging.events"} 7.0' in answer
    lag = 'pli_consumer_lag{group="notifier-on-messaging.events",partition="0",topic="messaging.events"} 7.0'
    assert lag in answer
    assert 'pli_dead_letters{topic="auth.dead-letters"} 2.0' in answer
    assert "pli_bus_seen 1.0" in answer


async def test_a_console_that_sees_the_bus_is_ready(browser: httpx.AsyncClient, seen: Snapshot) -> None:
    assert (await browser.get("/health/ready")).status_code == 200


async def test_before_the_first_look_it_lives_but_is_not_ready(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/health/live")).status_code == 200
    assert (await browser.get("/health/ready")).status_code == 503
    answer = await browser.get("/")
    assert answer.status_code == 503
    assert "There are no figures yet" in answer.text


async def test_stale_figures_are_shown_as_such_and_never_as_metrics(
    browser: httpx.AsyncClient, gathering: Gathering
) -> None:
    gathering.latest = snapshot_of({"messaging.events": (0, 7)}, at=now() - timedelta(seconds=16))
    assert (await browser.get("/health/ready")).status_code == 503
    page = await browser.get("/")
    assert "The bus does not answer." in page.text
    assert "messaging.events" in page.text
    metrics = (await browser.get("/metrics")).text
    assert "pli_bus_seen 0.0" in metrics
    assert "pli_consumer_lag{" not in metrics
