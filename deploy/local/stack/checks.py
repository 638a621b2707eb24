"""What a change must pass: the fast checks, and the whole of it on stacks of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError
from stack.instance import OFFSETS, TESTED, Instance, number
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
STACKED = ("pytest", "-m", "stack", "--durations=15", "--durations-min=5")


@dataclass(frozen=True)
class Part:
    """Tests that need a stack and share one: the instance's name, and what pytest is given."""

    instance: str
    tests: tuple[str, ...]


FIRST = ("tests/browser", "tests/chaos", "tests/chassis")
PARTS = (
    Part(TESTED[0], FIRST),
    Part(TESTED[1], ("tests", *(f"--ignore={folder}" for folder in FIRST))),
)
"""Each on a stack of its own, both at once: browsers keep the processors busy, the others mostly wait for what
they took away to come back. They take about as long."""


def check(chosen: Iterable[str] = ()) -> int:
    """Run the fast checks (or those named), all of them even when one fails; 0 if all passed."""
    names = tuple(chosen) or tuple(FAST)
    unknown = set(names) - FAST.keys()
    if unknown:
        raise StackError(f"there is no check {', '.join(unknown)}", f"one of: {', '.join(FAST)}")
    failed = [name for name in names if _fails(name)]
    return _summary(failed)


def verify() -> int:
    """Every check, then every test that needs a stack; 0 if all passed.

    The first part speaks here; what the others say is kept in their logs, and read out when they have ended.
    """
    failed = [name for name in FAST if _fails(name)]
    began = time.monotonic()
    spoken, *silent = PARTS
    silenced = [_begin(part, _log(part)) for part in silent]
    if _begin(spoken).wait():
        failed.append(f"on the stack {spoken.instance}")
    for part, running in zip(silent, silenced, strict=True):
        if _told(part, running):
            failed.append(f"on the stack {part.instance}")
    say(f"== on the stacks: {time.monotonic() - began:.0f} s")
    return _summary(failed)


def _begin(part: Part, log: Path | None = None) -> subprocess.Popen[bytes]:
    """Tests on a stack that comes up and goes down with them; an interruption reaches it as it reaches us."""
    later = f", told at the end, until then in {log}" if log else ""
    say(f"== stack {part.instance}: {' '.join(part.tests)}{later}")
    ours = (sys.executable, "-m", "stack", "run", "--instance", part.instance)
    command = [*ours, "--", str(BIN / STACKED[0]), *part.tests, *STACKED[1:]]
    with log.open("wb") if log else nullcontext() as output:
        return subprocess.Popen(command, cwd=CHECKOUT, env=_environ(part), stdout=output, stderr=output)


def _environ(part: Part) -> dict[str, str]:
    """Ours; who moved the ports moved those of every part, each as far from the others as by default."""
    given = os.environ.get("PLI_PORT_OFFSET")
    if given is None:
        return dict(os.environ)
    apart = OFFSETS[part.instance] - OFFSETS[PARTS[0].instance]
    return {**os.environ, "PLI_PORT_OFFSET": str(number(given) + apart)}


def _log(part: Part) -> Path:
    places = Instance.open(part.instance).places
    places.make()
    return places.logs / "tests.log"


def _told(part: Part, running: subprocess.Popen[bytes]) -> bool:
    """Wait for a part that ran silently and read out what it said; whether it failed."""
    failed = running.wait() != 0
    say(f"== stack {part.instance}: {'FAILED' if failed else 'passed'}")
    say(_log(part).read_text(errors="replace"))
    return failed


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
