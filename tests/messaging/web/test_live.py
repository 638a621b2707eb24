"""News reach the pages of the patient they concern, and no other."""

import asyncio

import pytest

from contracts.messaging import MailboxOpened
from messaging.web.live import MailboxNews
from tests.messaging.people import AT, INAYA_ID, OTHER_ID


def opened(patient_id):
    return MailboxOpened(patient_id=patient_id, opened_at=AT)


async def test_a_page_is_told_of_what_happens_in_its_mailbox():
    news = MailboxNews()
    page = news.follow(INAYA_ID)
    first = asyncio.ensure_future(anext(page))
    await asyncio.sleep(0)
    await news.tell(opened(OTHER_ID))
    await asyncio.sleep(0)
    assert not first.done()
    await news.tell(opened(INAYA_ID))
    assert (await first).name == "mailbox"
    assert (await anext(page)).name == "unread"


async def test_many_events_at_once_are_one_piece_of_news():
    news = MailboxNews()
    page = news.follow(INAYA_ID)
    first = asyncio.ensure_future(anext(page))
    await asyncio.sleep(0)
    for _ in range(100):
        await news.tell(opened(INAYA_ID))
    await first
    await anext(page)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(anext(page), 0.05)


async def test_a_page_that_went_away_leaves_nothing_behind():
    news = MailboxNews()
    page = news.follow(INAYA_ID)
    first = asyncio.ensure_future(anext(page))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await page.aclose()
    assert not news.watched
