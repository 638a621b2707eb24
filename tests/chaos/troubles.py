"""What goes wrong, in an order that follows from a seed: kills, standstills, cut and slow connections, outages."""

import errno
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.control import Stack
from tests.chaos.detours import STORES
from tests.system.storm import KILLED
from tests.system.toxics import Way

CUT_FOR = 3.0
SLOW_FOR = 10.0
SLOW_MS = 400
FROZEN_FOR = 20.0
FROZEN_PAST_LEASES_FOR = 75.0
SENDERS = ("messaging-worker", "notifier")
"""They stand still for longer than what they send is leased to them."""
BACK_WITHIN = 240.0
FULL_FOR = 20.0
BALLAST = "ballast"
SMALLEST_PIECE = 64 * 1024
"""Bytes that are left free, for a store must be able to go on reading."""


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong and passes. `make` returns once everything answers again."""

    name: str
    make: Callable[[], None]


@dataclass(frozen=True)
class Scene:
    """What there is to be troubled. `objects_disk` is the store's own small disk, where there is one."""

    stack: Stack
    ways: Mapping[str, Way]
    objects_disk: Path | None = None

    def kill(self, name: str) -> Trouble:
        """SIGKILL; the supervisor brings it back."""

        def make() -> None:
            self.stack.kill(name)
            self._back()

        return Trouble(f"kill {name}", make)

    def restart(self, name: str) -> Trouble:
        """An orderly restart."""

        def make() -> None:
            self.stack.restart(name)
            self._back()

        return Trouble(f"restart {name}", make)

    def cut(self, name: str) -> Trouble:
        """No connection for a moment, those that were open cut in the middle of whatever they said."""
        return self._on_the_way(name, "cut", lambda way: way.cut(), CUT_FOR)

    def slow(self, name: str) -> Trouble:
        """Each word takes its time."""
        return self._on_the_way(name, "slow", lambda way: way.slow(SLOW_MS, SLOW_MS // 2), SLOW_FOR)

    def outage(self, name: str, seconds: float) -> Trouble:
        """A store is down for long."""

        def make() -> None:
            self.stack.stop(name, timeout=60.0)
            time.sleep(seconds)
            self.stack.start(name)
            self._back()

        return Trouble(f"{name} away for {seconds:.0f} s", make)

    def freeze(self, name: str, seconds: float) -> Trouble:
        """It holds its connections and says nothing on them, and then goes on where it was."""

        def make() -> None:
            with self.stack.frozen(name):
                time.sleep(seconds)
            self._back()

        return Trouble(f"{name} stands still", make)

    def full(self) -> Trouble:
        """The objects' disk has no room for a while."""
        assert self.objects_disk is not None
        ballast = self.objects_disk / BALLAST

        def make() -> None:
            try:
                _fill(ballast)
                time.sleep(FULL_FOR)
            finally:
                ballast.unlink()
            self._back()

        return Trouble("the objects' disk is full", make)

    def _on_the_way(self, name: str, what: str, trouble: Callable[[Way], None], seconds: float) -> Trouble:
        def make() -> None:
            way = self.ways[name]
            trouble(way)
            time.sleep(seconds)
            way.mend()
            self._back()

        return Trouble(f"{what} the way to {name}", make)

    def _back(self) -> None:
        self.stack.wait_ready(timeout=BACK_WITHIN)


def _fill(ballast: Path) -> None:
    """Take all the room there is. The store goes on writing meanwhile: what doesn't fit any more is halved."""
    free = os.statvfs(ballast.parent)
    taken, piece = 0, free.f_bavail * free.f_frsize
    with ballast.open("wb") as out:
        while piece >= SMALLEST_PIECE:
            try:
                os.posix_fallocate(out.fileno(), taken, piece)
                taken += piece
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                piece //= 2


def course(scene: Scene, seed: int, rounds: int, outage: float) -> Sequence[Trouble]:
    """All troubles of a run: each kind at least `rounds` times, and each store away once for `outage` seconds."""
    troubles = [scene.kill(name) for name in KILLED for _ in range(rounds)]
    for name in scene.ways:
        troubles += [scene.cut(name), scene.slow(name)] * rounds
    troubles += [scene.restart("kafka")] * rounds
    troubles += [scene.freeze(name, FROZEN_FOR) for name in STORES for _ in range(rounds)]
    troubles += [scene.freeze(name, FROZEN_PAST_LEASES_FOR) for name in SENDERS]
    if scene.objects_disk is not None:
        troubles += [scene.full()] * rounds
    if outage:
        troubles += [scene.outage(name, outage) for name in STORES]
    random.Random(seed).shuffle(troubles)
    return troubles


@contextmanager
def small_disk(stack: Stack, megabytes: int) -> Iterator[Path | None]:
    """Inside, the objects lie on a disk of their own with so much room; None where this machine mounts none."""
    folder = stack.instance.places.data / "minio"
    kept = folder.with_name("minio-kept")
    stack.stop("minio", timeout=60.0)
    folder.rename(kept)
    folder.mkdir()
    disk = mounted(folder, megabytes + _megabytes(kept)) if megabytes else None
    try:
        if disk:
            shutil.copytree(kept, folder, dirs_exist_ok=True)
            _start(stack)
        yield folder if disk else _put_back(stack, folder, kept)
    finally:
        if disk:
            stack.stop("minio", timeout=60.0)
            disk.communicate()
            assert disk.returncode == 0, f"{folder} is still mounted"
            _put_back(stack, folder, kept)


def _put_back(stack: Stack, folder: Path, kept: Path) -> None:
    folder.rmdir()
    kept.rename(folder)
    _start(stack)


def _megabytes(folder: Path) -> int:
    """What a folder takes, generously: small files take whole pages."""
    return sum(-(-path.stat().st_size // 4096) * 4096 + 4096 for path in folder.rglob("*")) // 1_000_000 + 1


def _start(stack: Stack) -> None:
    stack.start("minio")
    stack.wait_ready(timeout=BACK_WITHIN)


def mounted(folder: Path, megabytes: int) -> "subprocess.Popen[bytes] | None":
    """A small disk on this folder, as the process that unmounts it when its input ends: also when we are killed.

    None where this machine mounts none.
    """
    disk = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "pli-chaos", str(folder)]
    if subprocess.run(disk, capture_output=True, check=False).returncode:
        return None
    unmounting = ["sh", "-c", 'cat; umount "$0" || umount -l "$0"', str(folder)]
    return subprocess.Popen(unmounting, stdin=subprocess.PIPE, start_new_session=True)
