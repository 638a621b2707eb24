"""What a page weighs on its way to a browser, through the gateway: little at first, less later."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from demo.catcher import Catcher
from demo.patient import Patient

from .person import Person
from .watching import Watch

pytestmark = [pytest.mark.stack, pytest.mark.browser]

FIRST, LATER = 100_000, 15_000
"""Bytes transferred, fonts apart: by a browser that has nothing of the site yet, and by one that was here."""
OPEN = ("/", "/connexion", "/aide")
PRIVATE = ("/", "/messagerie", "/documents", "/profil", "/compte")


class Scales:
    """Weighs what a page transfers."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.page = page
        self._kinds: dict[str, str] = {}
        self._weights: dict[str, int] = {}
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.responseReceived", lambda told: self._kinds.update({told["requestId"]: told["type"]}))
        session.on("Network.loadingFinished", self._finished)

    def _finished(self, told: dict[str, Any]) -> None:
        self._weights[told["requestId"]] = int(told["encodedDataLength"])

    def visit(self, address: str) -> int:
        """Bytes of this visit, fonts apart."""
        self._weights.clear()
        self.page.goto(address)
        expect(self.page.locator(".htmx-request")).to_have_count(0)
        return sum(bytes_ for key, bytes_ in self._weights.items() if self._kinds.get(key) != "Font")


@pytest.fixture
def weigh(new_context: Callable[..., tuple[BrowserContext, Watch]], origin: str) -> Callable[..., tuple[int, int]]:
    def visits(path: str, **options: Any) -> tuple[int, int]:
        """The first visit of a fresh browser, and the next one."""
        context, _ = new_context(**options)
        scales = Scales(context, context.new_page())
        return scales.visit(f"{origin}{path}"), scales.visit(f"{origin}{path}")

    return visits


def test_pages_for_strangers_are_light(weigh: Callable[..., tuple[int, int]]) -> None:
    weights = {path: weigh(path) for path in OPEN}
    assert {path: found for path, found in weights.items() if found[0] > FIRST or found[1] > LATER} == {}


def test_pages_of_a_space_are_light(
    person: Person, weigh: Callable[..., tuple[int, int]], patient: Patient, catcher: Catcher
) -> None:
    person.log_in()
    state = person.page.context.storage_state()
    weights = {path: weigh(path, storage_state=state) for path in PRIVATE}
    assert all(first > later > 0 for first, later in weights.values())
    assert {path: found for path, found in weights.items() if found[0] > FIRST or found[1] > LATER} == {}
