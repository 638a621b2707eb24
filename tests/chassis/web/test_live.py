"""Event streams tell, and end when they must."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from chassis.clock import now
from chassis.web.live import ServerEvent, event_stream
from chassis.web.ports import WebParts

from .conftest import OneSession


async def endless() -> Any:
    yield ServerEvent("mailbox", "7", id="1")
    await asyncio.Event().wait()


class Streamed:
    """A stream read frame by frame, without a server."""

    def __init__(self, guard: OneSession, stopping: asyncio.Event, source: Any) -> None:
        parts = WebParts(SimpleNamespace(), guard, stopping, None)  # type: ignore[arg-type]
        request: Any = SimpleNamespace(
            app=SimpleNamespace(state=SimpleNamespace(web=parts)),
            user=guard.identity,
            cookies={"__Host-pli": "alive"},
        )
        self.response = event_stream(request, source, heartbeat=0.02)
        self.frames: Any = self.response.iterator

    async def rest(self) -> list[str]:
        async with asyncio.timeout(2):
            return [frame async for frame in self.frames]


@pytest.fixture
def streamed(guard: OneSession, stopping: asyncio.Event) -> Streamed:
    return Streamed(guard, stopping, endless())


async def test_an_event_is_sent_and_a_silence_is_kept_alive(streamed: Streamed) -> None:
    frames = [await anext(streamed.frames) for _ in range(3)]
    assert frames == ["retry: 3000\n\n", "id: 1\nevent: mailbox\ndata: 7\n\n", ":\n\n"]
    assert streamed.response.headers["x-accel-buffering"] == "no"
    await streamed.frames.aclose()


async def test_a_stream_ends_when_the_process_stops(streamed: Streamed, stopping: asyncio.Event) -> None:
    await anext(streamed.frames)
    stopping.set()
    assert await streamed.rest() == []


async def test_a_stream_ends_with_its_session(streamed: Streamed, guard: OneSession) -> None:
    await anext(streamed.frames)
    guard.ended = True
    assert await streamed.rest() == []


async def test_a_stream_ends_with_its_token(guard: OneSession, stopping: asyncio.Event) -> None:
    guard.identity = msgspec.structs.replace(guard.identity, expires_at=now() + timedelta(milliseconds=800))
    frames = await Streamed(guard, stopping, endless()).rest()
    assert frames[-1] in {":\n\n", "id: 1\nevent: mailbox\ndata: 7\n\n"}


async def test_a_stream_closes_its_source(guard: OneSession, stopping: asyncio.Event) -> None:
    closed = asyncio.Event()

    async def source() -> Any:
        try:
            yield ServerEvent("mailbox")
            await asyncio.Event().wait()
        finally:
            closed.set()

    streamed = Streamed(guard, stopping, source())
    await anext(streamed.frames)
    await anext(streamed.frames)
    await streamed.frames.aclose()
    async with asyncio.timeout(1):
        await closed.wait()
