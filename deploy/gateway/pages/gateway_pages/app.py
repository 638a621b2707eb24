"""A few fixed answers over ASGI: no framework, nothing to go wrong, 20 MB of memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from gateway_pages.language import SOURCE, wanted
from gateway_pages.pages import PAGES, Page, stylesheet

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

SAFE: Headers = [
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]
PREFIX = "/_gateway/"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers
    body: bytes


def answer(path: str, service_name: str, language: str = SOURCE, *, reloads: bool = False) -> Answer:
    """The answer for a path: a page by its status, the stylesheet, health, or "no such page".

    `reloads` when the page may ask again by itself, if what it waits for is a part that is away.
    """
    if path in {"/health/ready", "/health/live"}:
        return Answer(200, [(b"content-type", b"text/plain")], b"ok")
    if path == f"{PREFIX}page.css":
        css = [(b"content-type", b"text/css; charset=utf-8"), (b"cache-control", b"public, max-age=300")]
        return Answer(200, [*css, *SAFE], stylesheet())
    wanted = path.removeprefix(PREFIX)
    page = PAGES.get(int(wanted), PAGES[404]) if wanted.isdecimal() and len(wanted) == 3 else PAGES[404]
    reloads = reloads and page.waits
    return Answer(page.status, _headers(page, reloads=reloads), page.html(service_name, language, reloads=reloads))


def only_looks(headers: Headers) -> bool:
    """Whether a person opened a page, and sent nothing: a browser's form carries the `Origin` it comes from.

    The gateway asks for its pages by GET, whatever was asked of the part that is away.
    """
    said = {name.lower(): value for name, value in headers}
    return said.get(b"sec-fetch-mode") == b"navigate" and b"origin" not in said and b"content-type" not in said


def _headers(page: Page, *, reloads: bool) -> Headers:
    kept = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store"), *SAFE]
    if page.retry_after_s is not None:
        kept.append((b"retry-after", str(page.retry_after_s).encode()))
    if reloads:
        kept.append((b"refresh", str(page.retry_after_s).encode()))
    return kept


class Pages:
    """The ASGI application, for one service's name."""

    def __init__(self, service_name: str) -> None:
        self._answer = lru_cache(maxsize=64)(partial(answer, service_name=service_name))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, whatever it is."""
        if scope["type"] != "http":
            return
        given = self._answer(
            scope["path"], language=wanted(scope["headers"]), reloads=only_looks(scope["headers"])
        )
        length = (b"content-length", str(len(given.body)).encode())
        await send({"type": "http.response.start", "status": given.status, "headers": [*given.headers, length]})
        body = b"" if scope["method"] == "HEAD" else given.body
        await send({"type": "http.response.body", "body": body})
