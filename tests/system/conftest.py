"""The whole of Pli, running: its people, and an independent reader of what it holds."""

from collections.abc import Iterator

import pytest

from stack.control import Stack
from tests.system.observer import Observer
from tests.system.people import People


@pytest.fixture(scope="session")
def observer(stack: Stack) -> Iterator[Observer]:
    """Reads the store, the objects and the bus with the administrators' rights."""
    found = Observer(stack)
    yield found
    found.close()


@pytest.fixture(scope="session")
def people(stack: Stack, observer: Observer) -> Iterator[People]:
    """Invites new patients."""
    found = People(stack, observer)
    yield found
    found.close()


@pytest.fixture(scope="module", autouse=True)
def _everything_answers(stack: Stack) -> Iterator[None]:
    """Before each file of tests, and again after it: whatever it broke has mended itself."""
    stack.wait_ready()
    yield
    stack.wait_ready(timeout=180.0)
