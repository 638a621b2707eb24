"""A stream that is cut is never taken for a whole one."""

import asyncio
import hashlib

import pytest

from chassis.feed import Feed, FeedCut


async def read_all(feed: Feed, step: int) -> bytes:
    def work() -> bytes:
        parts = []
        while part := feed.read(step):
            parts.append(part)
        return b"".join(parts)

    return await asyncio.to_thread(work)


@pytest.mark.parametrize("step", [1, 7, 1000])
async def test_what_is_given_is_read_in_order_and_hashed(step: int) -> None:
    feed, data = Feed(), bytes(range(256)) * 8
    reader = asyncio.ensure_future(read_all(feed, step))
    for start in range(0, len(data), 100):
        await feed.give(data[start : start + 100], reader)
    feed.finish()
    assert await reader == data
    assert (feed.size, feed.sha256) == (len(data), hashlib.sha256(data).hexdigest())


async def test_a_cut_is_an_error_for_the_reader() -> None:
    feed = Feed()
    reader = asyncio.ensure_future(read_all(feed, 10))
    await feed.give(b"half", reader)
    feed.cut()
    with pytest.raises(FeedCut):
        await reader


async def test_a_reader_that_ended_does_not_hold_up_the_sender() -> None:
    feed = Feed()
    gone = asyncio.get_running_loop().create_future()
    gone.add_done_callback(lambda _: feed.wake())
    asyncio.get_running_loop().call_later(0.05, gone.set_result, None)
    async with asyncio.timeout(5):
        for _ in range(10):
            await feed.give(b"x", gone)
