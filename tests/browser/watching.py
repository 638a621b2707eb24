"""What a page must never do, noticed for every page of a browser context."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

GIVEN_UP_BY_THE_BROWSER = "net::ERR_ABORTED"
"""What a page still loads when it is left, an open event stream above all, and a page that became a download."""


class Watch:
    """Notes what goes wrong in a context: script errors, refusals by the policy, failures, other origins.

    `asked_elsewhere` holds every address outside the site, whether or not the policy let the request out.
    """

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self._host = urlsplit(origin).netloc
        self._expected: set[int] = set()
        self.wrong: list[str] = []
        self.asked_elsewhere: list[str] = []
        context.on("console", self._said)
        context.on("weberror", lambda error: self.wrong.append(f"script: {error.error}"))
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("requestfailed", self._failed)

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """While in here, these answers are what the test is about."""
        self._expected |= set(statuses)
        yield
        self._expected -= set(statuses)

    def _said(self, message: ConsoleMessage) -> None:
        told_by_response = message.text.startswith("Failed to load resource: the server responded")
        told_by_htmx = any(f"Status Error Code {status} " in message.text for status in self._expected)
        if message.type in ("error", "warning") and not (told_by_response or told_by_htmx):
            self.wrong.append(f"console {message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob", "about") and address.netloc != self._host:
            self.asked_elsewhere.append(request.url)

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.wrong.append(f"{response.status} for {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != GIVEN_UP_BY_THE_BROWSER:
            self.wrong.append(f"{request.failure}: {request.method} {request.url}")
