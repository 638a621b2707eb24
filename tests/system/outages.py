"""Taking parts of the stack away for a while, and telling a process something else for a while."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from stack.control import Stack
from stack.environment import Environment, write


@contextmanager
def without(stack: Stack, *names: str) -> Iterator[None]:
    """Inside, these processes are stopped; behind it, everything answers again."""
    for name in names:
        stack.stop(name, timeout=60.0)
    try:
        yield
    finally:
        for name in names:
            stack.start(name)
        stack.wait_ready(timeout=180.0)


@contextmanager
def frozen(stack: Stack, name: str) -> Iterator[None]:
    """Inside, this process holds its connections and says nothing; behind it, everything answers again."""
    with stack.frozen(name):
        yield
    stack.wait_ready(timeout=180.0)


@contextmanager
def told(stack: Stack, process: str, **settings: str) -> Iterator[None]:
    """Inside, this process runs with other settings."""
    path, usual = Environment(stack.instance).path(process), stack.env(process)
    write(path, {**usual, **settings})
    try:
        stack.restart(process)
        yield
    finally:
        write(path, usual)
        stack.restart(process)


def is_ready(stack: Stack, process: str) -> bool:
    """What a process says of itself to those who ask whether it does its work."""
    return _health(stack, process, "ready")


def is_live(stack: Stack, process: str) -> bool:
    """What a process says to those who ask whether to restart it."""
    return _health(stack, process, "live")


def _health(stack: Stack, process: str, question: str) -> bool:
    return httpx.get(f"http://127.0.0.1:{stack.ports[process]}/health/{question}", timeout=30.0).status_code == 200


@contextmanager
def answered_within(seconds: float, what: str) -> Iterator[None]:
    """Fails if what is inside takes longer."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took <= seconds, f"{what} took {took:.1f} s, more than {seconds:.0f}"
