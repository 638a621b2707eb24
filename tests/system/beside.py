"""More processes of messaging beside the stack's own: with other settings, or to share the work with them."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx

from stack.configuration import STACK_MARK
from stack.control import Stack
from stack.places import CHECKOUT, VENV_PYTHON
from tests.children import ending_with_us, free_port
from tests.system.waiting import until

READY_WITHIN = 60.0
STOPPED_WITHIN = 15.0


@dataclass(frozen=True)
class Beside:
    """A process of ours, the port where it tells how it is, and its log."""

    process: "subprocess.Popen[bytes]"
    http: int
    log: Path

    def is_ready(self) -> bool:
        """Whether it says so."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.http}/health/ready", timeout=5.0).status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def another_door(stack: Stack, **settings: str) -> Iterator[int]:
    """Inside, a second door answers; gives the port it listens on."""
    with _started(stack, "smtp", settings) as door:
        _wait_for(door)
        yield int({**stack.env("messaging-smtp"), **settings}["PLI_DOOR_PORT"])


@contextmanager
def more_workers(stack: Stack, many: int = 1, **settings: str) -> Iterator[Sequence[Beside]]:
    """Inside, so many workers more file letters and send replies; they may be killed meanwhile."""
    with ExitStack() as started:
        workers = [started.enter_context(_started(stack, "worker", settings)) for _ in range(many)]
        for worker in workers:
            _wait_for(worker)
        yield workers


def _wait_for(one: Beside) -> None:
    until(one.is_ready, what=f"another process ({one.log})", within=READY_WITHIN)


@contextmanager
def _started(stack: Stack, only: Literal["smtp", "worker"], settings: dict[str, str]) -> Iterator[Beside]:
    """It is ended by its pid."""
    log = stack.instance.places.logs / f"another-{only}.log"
    port = free_port()
    environ = {
        **os.environ,
        **stack.env(f"messaging-{only}"),
        STACK_MARK: str(stack.instance.places.root),
        "PLI_HTTP_PORT": str(port),
        **settings,
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            ending_with_us([str(VENV_PYTHON), "-m", "messaging", "--only", only]),
            env=environ, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        yield Beside(process, port, log)
    finally:
        process.terminate()
        process.wait(timeout=STOPPED_WITHIN)
