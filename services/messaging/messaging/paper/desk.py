"""Where the sheets of one conversation lie while they are typeset: a folder that only we may read."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chassis.telemetry import log

PREFIX = "pli-paper-"


@contextmanager
def desk() -> Iterator[Path]:
    """A new folder, gone at the end. One that its process could not clear is cleared by the next `sweep`."""
    folder, lock = _taken()
    try:
        yield folder
    finally:
        _clear(folder)
        os.close(lock)


def sweep() -> int:
    """Clear the folders that killed processes left; how many. Those that are in use stay: their lock is held."""
    left = [(folder, _lock(folder)) for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*")]
    ended = [(folder, lock) for folder, lock in left if lock is not None]
    for folder, lock in ended:
        _clear(folder)
        os.close(lock)
    return len(ended)


def _taken() -> tuple[Path, int]:
    """A folder and the lock on it. A sweep may come between the two, and then it is another folder."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = _lock(folder)
        if lock is not None and folder.exists():
            return folder, lock
        if lock is not None:
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """The lock on a folder of ours, held until it is closed or the process ends; None where another has it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        with suppress(OSError):
            if os.fstat(handle).st_uid == os.getuid():
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return handle
        os.close(handle)
    return None


def _clear(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        log.warning("paper.left", errno=error.errno)
