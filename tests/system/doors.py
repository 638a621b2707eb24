"""More doors beside the stack's own: with other settings, or on the same port, as a rollout has them."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from stack.configuration import STACK_MARK
from stack.control import Stack
from stack.places import CHECKOUT, VENV_PYTHON
from tests.system.waiting import until

READY_WITHIN = 60.0
STOPPED_WITHIN = 15.0


@contextmanager
def another_door(stack: Stack, **settings: str) -> Iterator[int]:
    """Inside, a second door answers; gives the port it listens on. It is ended by its pid."""
    health = free_port()
    log = stack.instance.places.logs / "another-door.log"
    environ = {
        **os.environ,
        **stack.env("messaging-smtp"),
        STACK_MARK: str(stack.instance.places.root),
        "PLI_HTTP_PORT": str(health),
        **settings,
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            [str(VENV_PYTHON), "-m", "messaging", "--only", "smtp"],
            env=environ, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        until(lambda: _is_ready(health), what=f"another door ({log})", within=READY_WITHIN)
        yield int(environ["PLI_DOOR_PORT"])
    finally:
        process.terminate()
        process.wait(timeout=STOPPED_WITHIN)


def free_port() -> int:
    """A port of the loopback that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5.0).status_code == 200
    except httpx.HTTPError:
        return False
