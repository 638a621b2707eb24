"""Several workers share the letters; one that is killed hands its part over; none is there twice."""

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import httpx
import pytest

from demo.patient import another
from stack.control import Stack
from tests.bench.generator import Order
from tests.bench.ground import Bus, run_generator
from tests.system.observer import Observer
from tests.system.toxics import free_port
from tests.system.waiting import until

pytestmark = pytest.mark.stack

MAILBOXES = 12
"""Enough that each worker has some, wherever chance puts them."""
LETTERS = 72
SIZE = 3_000


@pytest.fixture(scope="module")
def mailboxes(stack: Stack, observer: Observer) -> Sequence[str]:
    """Addresses of new patients, each known to the door."""
    known = set(observer.database("messaging")["patients"].distinct("mailbox_address"))
    chosen = (
        number for number in random.sample(range(10, 100_000), 1_000) if another(number, "").mailbox not in known
    )
    numbers = list(islice(chosen, MAILBOXES))

    async def announced() -> list[str]:
        async with Bus(stack) as bus:
            return await bus.announce_patients(numbers)

    addresses = asyncio.run(announced())
    boxes = observer.database("messaging")["mailboxes"]
    until(
        lambda: boxes.count_documents({"_id": {"$in": _ids(observer, addresses)}}) == MAILBOXES, what="mailboxes"
    )
    return addresses


def _ids(observer: Observer, addresses: Sequence[str]) -> list[str]:
    found = observer.database("messaging")["patients"].find({"mailbox_address": {"$in": list(addresses)}})
    return [row["_id"] for row in found]


@contextmanager
def second_worker(stack: Stack) -> "Iterator[tuple[subprocess.Popen[bytes], int]]":
    """A worker beside the stack's own, and the port it tells its figures at."""
    port = free_port()
    settings = {**os.environ, **stack.env("messaging-worker"), "PLI_HTTP_PORT": str(port)}
    command = [sys.executable, "-m", "messaging", "--only", "worker"]
    process = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process, port
    finally:
        process.kill()
        process.wait()


def handled(port: int) -> int:
    """How many letters the worker at this port has filed."""
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10.0).text
    except httpx.HTTPError:
        return 0
    lines = (line for line in text.splitlines() if line.startswith("pli_events_handled_total{"))
    return sum(int(float(line.rpartition(" ")[2])) for line in lines if 'topic="messaging.intake"' in line)


def test_workers_share_the_letters_and_a_killed_one_hands_over_its_part(
    stack: Stack, observer: Observer, mailboxes: Sequence[str]
) -> None:
    own = stack.ports["messaging-worker"]
    sent = 0

    def send() -> None:
        nonlocal sent
        order = Order(port=stack.ports["door"], recipients=list(mailboxes), letters=LETTERS, size=SIZE)
        sent += len(run_generator(order).letters)

    def filed() -> Counter[str]:
        rows = observer.database("messaging")["messages"].find(
            {"patient_id": {"$in": _ids(observer, mailboxes)}, "kind": "letter"}, {"message_id": 1}
        )
        return Counter(row["message_id"] for row in rows)

    with second_worker(stack) as (process, port):
        before = handled(own)

        def both_work() -> bool:
            send()
            return handled(own) > before and handled(port) > 0

        until(both_work, what="letters filed by both workers", every=1.0)
        process.kill()
        send()
    until(lambda: sum(filed().values()), lambda count: count >= sent, what="every letter filed")
    assert set(filed().values()) == {1}
    assert len(filed()) == sent
