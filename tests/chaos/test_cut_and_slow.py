"""A slice of `make chaos`: connections to every store are cut in the middle of what they say, and slow."""

import pytest

from stack.control import Stack
from tests.chaos.detours import STORES, detoured
from tests.chaos.reckoning import complaints
from tests.chaos.storming import Plan, storm_through
from tests.chaos.troubles import Scene
from tests.system.observer import Observer
from tests.system.people import People
from tests.system.toxics import toxics

pytestmark = pytest.mark.stack

PLAN = Plan(letters=60, replies=4, patients=2, seed=5)


def test_nothing_is_lost_nor_doubled_while_connections_are_cut_and_slow(
    stack: Stack, people: People, observer: Observer
) -> None:
    with toxics(PLAN.seed) as proxy, detoured(stack, proxy) as ways:
        scene = Scene(stack, ways)
        troubles = [*(scene.cut(name) for name in STORES), scene.slow("mongodb")]
        storm = storm_through(stack, people, observer, PLAN, troubles, tell=lambda words: None)
        assert complaints(storm, stack, observer) == []
    stack.wait_ready(timeout=180.0)
