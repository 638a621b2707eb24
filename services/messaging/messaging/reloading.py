"""Files that are read again when they change, so that a new certificate or list needs no restart."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from chassis.telemetry import log

T = TypeVar("T")
LOOK_EVERY = 1.0
"""Seconds between two looks at the files."""

Stamp = tuple[tuple[int, int, int], ...]


class Reloaded(Generic[T]):
    """What `read` makes of `paths`, always of their latest state.

    The first reading raises what `read` does. A later change that cannot be read is logged and passed over:
    what was read before goes on, and the next change is looked at again.
    """

    def __init__(
        self,
        name: str,
        paths: Sequence[Path],
        read: Callable[[], T],
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._paths = paths
        self._read = read
        self._seconds = seconds
        self._looked_at = seconds()
        self._stamp = _stamp(paths)
        self._value = read()

    def current(self) -> T:
        """The value; at most once a second the files are looked at."""
        at = self._seconds()
        if at - self._looked_at >= LOOK_EVERY:
            self._looked_at = at
            self._look()
        return self._value

    def _look(self) -> None:
        try:
            stamp = _stamp(self._paths)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            self._value = self._read()
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            log.error("file.unreadable", file=self._name, exc_info=error)
        else:
            log.info("file.reloaded", file=self._name)


def _stamp(paths: Sequence[Path]) -> Stamp:
    """Changes with each writing of a file: its inode, size and time in nanoseconds."""
    found = [path.stat() for path in paths]
    return tuple((one.st_ino, one.st_size, one.st_mtime_ns) for one in found)
