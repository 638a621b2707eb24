"""The running stack, held as tests hold it."""

import http.client
import time

import pytest

from stack.control import Stack

pytestmark = pytest.mark.stack


def test_a_killed_server_comes_back_by_itself(stack: Stack) -> None:
    before = stack.kill("mail")
    deadline = time.monotonic() + 5
    while stack.processes()["mail"].pid in (None, before) and time.monotonic() < deadline:
        time.sleep(0.1)
    stack.wait_ready("mail", timeout=15)
    assert stack.pid("mail") != before


def test_a_store_can_be_taken_away_and_brought_back(stack: Stack) -> None:
    stack.stop("metrics")
    assert not stack.processes()["metrics"].ready
    time.sleep(2)
    assert stack.processes()["metrics"].pid is None
    stack.start("metrics")
    stack.wait_ready("metrics", timeout=15)


@pytest.mark.parametrize("path", ["/health/ready", "/health/live", "/metrics", "/nulle-part"])
def test_the_gateway_shows_nothing_of_the_inside(stack: Stack, path: str) -> None:
    gateway = http.client.HTTPConnection("127.0.0.1", stack.ports["gateway"], timeout=5)
    gateway.request("GET", path)
    answer = gateway.getresponse()
    assert answer.status == 404
    assert b"Cette page n'existe pas" in answer.read()
    gateway.close()
