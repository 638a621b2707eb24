"""Server-sent events: an event means "fetch this fragment again"; a stream ends with its token or the process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.response import Stream

from chassis.clock import now
from chassis.errors import LogInNeeded
from chassis.identity import Identity
from chassis.telemetry import log
from chassis.web.ports import TOKEN_COOKIE, WebParts, parts_of

HEARTBEAT = 15.0
_WAITING_AT_MOST = 64
_HEADERS = {"x-accel-buffering": "no", "cache-control": "no-store"}
_OPENING = "retry: 3000\n\n"
_BEAT = ":\n\n"


@dataclass(frozen=True)
class ServerEvent:
    """Something of the page is no longer what the store holds."""

    name: str
    data: str = ""
    id: str | None = None

    def encoded(self) -> str:
        """As it goes over the wire (HTML, "Server-sent events")."""
        head = f"id: {self.id}\n" if self.id else ""
        data = "".join(f"data: {line}\n" for line in self.data.split("\n"))
        return f"{head}event: {self.name}\n{data}\n"


def event_stream(
    request: "Request[Identity, Any, Any]", source: AsyncIterator[ServerEvent], *, heartbeat: float = HEARTBEAT
) -> Stream:
    """The events of `source` to one page, until its token expires, its session ends, or the process stops."""
    frames = _frames(request, parts_of(request), source, heartbeat)
    return Stream(frames, media_type="text/event-stream", headers=_HEADERS)


async def _frames(
    request: "Request[Identity, Any, Any]",
    parts: WebParts,
    source: AsyncIterator[ServerEvent],
    heartbeat: float,
) -> AsyncIterator[str]:
    waiting: asyncio.Queue[ServerEvent] = asyncio.Queue(_WAITING_AT_MOST)
    pump = asyncio.create_task(_pump(source, waiting))
    stop = asyncio.create_task(parts.stopping.wait())
    try:
        yield _OPENING
        while True:
            event = await _next(waiting, pump, stop, _patience(request, heartbeat))
            if stop.done() or not _still_alive(request, parts):
                return
            if event is None and pump.done():
                return
            yield event.encoded() if event else _BEAT
    finally:
        pump.cancel()
        stop.cancel()


async def _pump(source: AsyncIterator[ServerEvent], waiting: "asyncio.Queue[ServerEvent]") -> None:
    try:
        async for event in source:
            await waiting.put(event)
    except Exception as error:
        log.error("web.stream-failed", exc_info=error)
    finally:
        if close := getattr(source, "aclose", None):
            await close()


async def _next(
    waiting: "asyncio.Queue[ServerEvent]",
    pump: "asyncio.Task[None]",
    stop: "asyncio.Task[Any]",
    patience: float,
) -> ServerEvent | None:
    """The next event, or None when it is time to look around."""
    with suppress(asyncio.QueueEmpty):
        return waiting.get_nowait()
    arrival = asyncio.create_task(waiting.get())
    try:
        await asyncio.wait({arrival, pump, stop}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        return arrival.result() if arrival.done() else None
    finally:
        arrival.cancel()


def _patience(request: "Request[Identity, Any, Any]", heartbeat: float) -> float:
    left = (request.user.expires_at - now()).total_seconds()
    return max(0.0, min(heartbeat, left))


def _still_alive(request: "Request[Identity, Any, Any]", parts: WebParts) -> bool:
    if request.user.expires_at <= now():
        return False
    try:
        parts.guard.identify(request.cookies.get(TOKEN_COOKIE), unsafe=False)
    except LogInNeeded:
        return False
    return True
