"""What a change must pass: the fast checks, and the whole of it on a stack of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Mapping

from stack.control import Stack
from stack.errors import StackError
from stack.instance import Instance
from stack.places import CHECKOUT
from stack.preparation import say

BIN = CHECKOUT / ".venv" / "bin"

FAST: Mapping[str, tuple[str, ...]] = {
    "lint": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types": ("mypy",),
    "walls": ("lint-imports",),
    "css": ("python", "-m", "stack", "css"),
    "texts": ("python", "-m", "stack", "texts", "--check"),
    "unit": ("pytest", "tests", "-m", "not stack"),
}
STACKED = ("pytest", "tests", "-m", "stack", "--durations=25", "--durations-min=5")


def check(chosen: Iterable[str] = ()) -> int:
    """Run the fast checks (or those named), all of them even when one fails; 0 if all passed."""
    names = tuple(chosen) or tuple(FAST)
    unknown = set(names) - FAST.keys()
    if unknown:
        raise StackError(f"there is no check {', '.join(unknown)}", f"one of: {', '.join(FAST)}")
    failed = [name for name in names if _fails(name)]
    return _summary(failed)


def verify() -> int:
    """Every check, then every test that needs the stack, on the instance `test`; 0 if all passed."""
    failed = [name for name in FAST if _fails(name)]
    began = time.monotonic()
    stack = Stack(Instance.open("test"))
    if stack.run([str(BIN / STACKED[0]), *STACKED[1:]]):
        failed.append("stack")
    say(f"== on the stack: {time.monotonic() - began:.0f} s")
    return _summary(failed)


def _fails(name: str) -> bool:
    program, *arguments = FAST[name]
    say(f"== {name}")
    began = time.monotonic()
    failed = subprocess.run([str(BIN / program), *arguments], cwd=CHECKOUT, check=False).returncode != 0
    say(f"== {name}: {'FAILED' if failed else 'passed'} in {time.monotonic() - began:.0f} s")
    return failed


def _summary(failed: list[str]) -> int:
    say(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0
