"""Letters that come to a patient in front of a browser, and what is seen of them."""

from collections.abc import Callable

from playwright.sync_api import FrameLocator, Page

from demo.letters import Letter

from .person import Person
from .watching import Watch

Receives = Callable[[Letter, str], tuple[Person, Watch]]
"""Sends the patient a letter, and opens the conversation whose row says these words."""


def frame_of(page: Page) -> FrameLocator:
    """The letter's frame."""
    return page.frame_locator("iframe.letter-frame")
