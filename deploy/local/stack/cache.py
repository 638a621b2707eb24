"""The per-user cache of built servers: keyed by what pins them, and never half-written.

A build works in a folder with a temporary name, which is renamed when all is there. So whatever
was interrupted is simply built again, and what was finished is never built twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.places import cache_root

Build = Callable[[Path, Path], None]
"""Fill the first folder; write what the tools say to the second path."""


def key_of(pins: Iterable[Path], *also: str) -> str:
    """A short key that changes with any pinned file, this kind of machine, or what else is said."""
    digest = hashlib.sha256(f"{platform.system()} {platform.machine()}".encode())
    for pin in pins:
        digest.update(pin.name.encode() + b"\0" + pin.read_bytes() + b"\0")
    for word in also:
        digest.update(word.encode() + b"\0")
    return digest.hexdigest()[:16]


def folder_of(name: str, key: str) -> Path:
    return cache_root() / f"{name}-{key}"


def ensure(name: str, key: str, build: Build) -> bool:
    """Have `<name>-<key>` in the cache; True if it had to be built now."""
    final = folder_of(name, key)
    if final.is_dir():
        return False
    with _alone(name, key):
        if final.is_dir():
            return False
        _build(final, build)
    return True


def _build(final: Path, build: Build) -> None:
    partial = final.with_name(f"{final.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    build(partial, final.with_name(f"{final.name}.log"))
    partial.replace(final)


@contextmanager
def _alone(name: str, key: str) -> Iterator[None]:
    """Two clones that set up at once: one builds, the other waits for it."""
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    with (root / f"{name}-{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
