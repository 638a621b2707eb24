"""Unit tests touch no network; tests that need the stack say so and get the running one."""

from collections.abc import Iterator

import hypothesis
import pytest
import pytest_socket

from stack.control import Stack

# what holds in any order holds on a slow machine too
hypothesis.settings.register_profile("promises", deadline=None)
hypothesis.settings.load_profile("promises")


@pytest.fixture(autouse=True)
def _no_network_without_the_stack(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("stack"):
        yield
        return
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The running stack of this test run."""
    return Stack()
