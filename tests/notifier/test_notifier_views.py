"""The browser view of an announcement: the e-mail's words, for whoever has the address, for 30 days."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from chassis.ids import new_id
from chassis.readiness import Readiness
from chassis.web import create_app
from notifier.app import PAGES
from notifier.domain.views import view_token
from notifier.web.views import NoticeViews, ViewableNotices
from tests.notifier.fakes import (
    AT,
    RENDERER,
    VIEW_KEY,
    FakeStore,
    deliver,
    events_over,
    message_received,
    patient_changed,
)
from tests.notifier.test_notifier_words import GUIDE, OURS

ORIGIN = "http://localhost:8080"


class Site:
    """The notifier's page over a fake store, and the clock it reads."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.at = AT
        self.seconds = 0.0
        self.patient_id = new_id()

    async def announced(self) -> str:
        """The token of a letter's announcement."""
        handlings = events_over(self.store)
        given_name = "Martine Julie Anne"
        await deliver(handlings, patient_changed(self.patient_id, given_name=given_name), new_id())
        letter = message_received(self.patient_id)
        await deliver(handlings, letter, new_id())
        return view_token(VIEW_KEY, letter.message_id)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
async def browser(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's browser, without a session."""
    viewable = ViewableNotices(site.store, RENDERER, rate=3, clock=lambda: site.at, seconds=lambda: site.seconds)
    app = create_app(
        settings=SimpleNamespace(public_origin=ORIGIN, service_name="Mon espace santé", development=False),
        controllers=[NoticeViews],
        pages=PAGES,
        guard=None,
        readiness=Readiness("notifier"),
        stopping=asyncio.Event(),
        dependencies={"store": viewable},
    )
    headers = {"accept": "text/html", "sec-fetch-mode": "navigate"}
    transport = httpx.ASGITransport(cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client


def words_of(page: str) -> str:
    body = page[page.index("<main") : page.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", re.sub(r"</?(strong|a)\b[^>]*>", "", body))).split())


@pytest.mark.parametrize("sentence", [*GUIDE[1:], OURS])
async def test_the_view_says_the_same_words_as_the_e_mail(
    site: Site, browser: httpx.AsyncClient, sentence: str
) -> None:
    answer = await browser.get(f"/notifications/{await site.announced()}")
    assert answer.status_code == 200
    assert sentence in words_of(answer.text)


async def test_the_view_is_kept_by_nobody_and_told_to_nobody(site: Site, browser: httpx.AsyncClient) -> None:
    answer = await browser.get(f"/notifications/{await site.announced()}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"


async def test_a_token_rests_as_a_hash_only(site: Site) -> None:
    assert await site.announced() not in repr(site.store.notices)


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 44, "%2e%2e", "é" * 43])
async def test_what_is_no_token_is_not_found(browser: httpx.AsyncClient, token: str) -> None:
    assert (await browser.get(f"/notifications/{token}")).status_code == 404


async def test_after_30_days_the_view_is_gone(site: Site, browser: httpx.AsyncClient) -> None:
    token = await site.announced()
    site.at = AT + timedelta(days=30, seconds=1)
    assert (await browser.get(f"/notifications/{token}")).status_code == 404


async def test_a_closed_account_has_no_views(site: Site, browser: httpx.AsyncClient) -> None:
    token = await site.announced()
    await deliver(events_over(site.store), patient_changed(site.patient_id, 2, status="closed"), new_id())
    assert (await browser.get(f"/notifications/{token}")).status_code == 404


async def test_guessing_costs_the_store_a_bounded_number_of_looks(site: Site, browser: httpx.AsyncClient) -> None:
    answers = [(await browser.get(f"/notifications/{n:043d}")).status_code for n in range(10)]
    assert answers == [404] * 3 + [429] * 7
    assert site.store.looks == 3
    site.seconds = 1.0
    assert (await browser.get(f"/notifications/{await site.announced()}")).status_code == 200
