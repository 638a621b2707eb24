"""Told to stop, each process finishes what is under way, lets go within ten seconds, and nothing is lost."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psutil
import pytest

from stack.control import Stack
from stack.supervisor import Supervisor
from tests.system.mail import Letter, MailServer, letter
from tests.system.observer import DEAD_LETTERS, Observer
from tests.system.people import PROFESSIONALS, Newcomer, People
from tests.system.storm import Post
from tests.system.streams import EventStream
from tests.system.waiting import until

pytestmark = pytest.mark.stack

STOPPED_WITHIN_S = 10.0
LETTERS = 12
SERVICES = (
    "auth", "messaging-web", "messaging-worker", "messaging-smtp", "documents", "synthesis", "notifier",
)  # fmt: skip


@pytest.fixture(scope="module")
def patient(people: People) -> Newcomer:
    """Logged in."""
    return people.newcomer()


@contextmanager
def _traffic(stack: Stack, patient: Newcomer) -> Iterator[list[Letter]]:
    """Letters keep coming while something is done; behind it, all were taken."""
    with closing(Post(MailServer(stack.ports["door"]))) as post:
        post.give([letter(PROFESSIONALS[number % 5], [patient], f"Trafic {number}") for number in range(LETTERS)])
        post.wait_for(1)
        yield post.taken


def _stop(stack: Stack, process: str) -> tuple[float, int]:
    """Stop a process as the supervisor does; the seconds it took, and its exit code."""
    told, found = time.monotonic(), psutil.Process(stack.pid(process))
    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(stack.stop, process)
        psutil.wait_procs([found], timeout=2 * STOPPED_WITHIN_S)
        took = time.monotonic() - told
        stopping.result()
    return took, Supervisor(stack.instance).states()[process].exit_code


@pytest.mark.parametrize("process", SERVICES)
def test_a_process_told_to_stop_lets_go_and_loses_nothing(
    stack: Stack, observer: Observer, patient: Newcomer, process: str
) -> None:
    dead_before = observer.ends(DEAD_LETTERS)
    with _traffic(stack, patient) as taken:
        took, exit_code = _stop(stack, process)
        stack.start(process)
        stack.wait_ready()

    assert took < STOPPED_WITHIN_S
    assert exit_code == 0
    until(observer.unfinished, lambda left: not left, what="everything done")
    rows = observer.database("messaging")["messages"].find({"patient_id": patient.id, "kind": "letter"})
    found = Counter(row["message_id"] for row in rows)
    assert {one.message_id: found[one.message_id] for one in taken} == {one.message_id: 1 for one in taken}
    assert len(taken) == LETTERS
    assert observer.records(DEAD_LETTERS, dead_before) == []


def test_open_event_streams_do_not_hold_back_a_stop(stack: Stack, patient: Newcomer) -> None:
    assert patient.visitor.get("/messagerie").status == 200
    with EventStream(patient.visitor) as stream:
        until(lambda: stream.open, what="the stream")
        took, exit_code = _stop(stack, "messaging-web")
        stack.start("messaging-web")
        until(lambda: stream.ended_at, what="the stream's end")

    assert took < STOPPED_WITHIN_S
    assert exit_code == 0
    assert stream.status == 200
    stack.wait_ready("messaging-web")
