"""Waiting for what would be seen: look again until it is so, within a generous limit."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

SOON = 120.0
"""Seconds within which everything here comes about, on a machine that is busy with other things."""
LOOK_EVERY = 0.25


class NeverCame(AssertionError):
    """What was waited for did not come about. Says what was seen last."""


def until(
    look: Callable[[], T],
    holds: Callable[[T], bool] = bool,
    *,
    what: str,
    within: float = SOON,
    every: float = LOOK_EVERY,
) -> T:
    """The first thing seen for which `holds` is true. Raises `NeverCame`."""
    give_up = time.monotonic() + within
    while True:
        seen = look()
        if holds(seen):
            return seen
        if time.monotonic() > give_up:
            raise NeverCame(f"{what}: not within {within:.0f} s; last seen: {str(seen)[:600]}")
        time.sleep(every)


def persistently(
    act: Callable[[], T], *errors: type[Exception], what: str, within: float = SOON, every: float = 0.5
) -> T:
    """Do it until it doesn't raise one of these errors, as a person presses again. Raises `NeverCame`."""
    give_up = time.monotonic() + within
    while True:
        try:
            return act()
        except errors as error:
            if time.monotonic() > give_up:
                raise NeverCame(f"{what}: not within {within:.0f} s; the last try: {error!r}") from error
        time.sleep(every)
