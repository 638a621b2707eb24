"""Processes that try letters, each with a limit of memory; one that hangs is ended, named, and replaced."""

import multiprocessing
import resource
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import psutil

from tests.fuzz.mutations import spoiled
from tests.fuzz.trial import tried

MEMORY = 2_000_000_000
"""Bytes of address space of a process."""
PATIENCE = 20.0
"""Seconds of processor for one letter: what passes them hangs."""
STILL = 600.0
"""Seconds of this run without a word: what waits for ever hangs too. A run that is halted does not count them."""
TURN = 1.0
"""Seconds after which the run looks after its processes, whatever they say."""
LONGEST_TURN = 5.0
"""A turn that took longer was halted, and counts as this."""
AT_ONCE = 200
"""Letters a process takes at a time."""
TOLD_EVERY = 5.0
SLOWEST = 3


@dataclass(frozen=True)
class Timed:
    """How long a letter took, by the process's own clock."""

    number: int
    seconds: float


@dataclass(frozen=True)
class Failure:
    """A letter by its number, what went wrong with it, and the file it was written to."""

    number: int
    what: str
    path: Path


@dataclass
class Run:
    """What a run has found. Letters that failed are in `folder`."""

    seed: int
    folder: Path
    letters: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    """Seconds that all letters took together, by the processes' own clocks."""
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: list[Timed] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    peak_bytes: int = 0

    def failed(self, number: int, what: str) -> None:
        """Keep it, and tell at once: a run takes long."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"seed-{self.seed}-letter-{number}.eml"
        path.write_bytes(spoiled(self.seed, number))
        self.failures.append(Failure(number, what, path))
        say(f"letter {number}: {what}\n  {path}\n  {again(path)}")

    def took(self, number: int, seconds: float) -> None:
        """Count its time, and keep the slowest few."""
        self.processor += seconds
        self.slowest = sorted([*self.slowest, Timed(number, seconds)], key=lambda one: -one.seconds)[:SLOWEST]


class _Worker:
    """A process with a stretch of letters. It says which one it is at before it begins with it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.at: int | None = None
        self.until = 0
        self._start()
        self.heard()

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, theirs = spawn.Pipe()
        self.process = spawn.Process(target=_work, args=(theirs, self.seed), daemon=True)
        self.process.start()
        theirs.close()

    def give(self, start: int, end: int) -> None:
        self.at, self.until = start, end
        self.heard()
        self.pipe.send((start, end))

    def heard(self) -> None:
        """It is alive now."""
        self._still, self._spent = 0.0, self._processor()

    def waited(self, seconds: float) -> None:
        """The run has waited so long for a word of it; while it is stopped by hand it can say none."""
        if not self._is_stopped():
            self._still += seconds

    @property
    def hangs(self) -> str | None:
        """How long it has been at one letter, if that is too long."""
        if self._processor() - self._spent > PATIENCE:
            return f"more than {PATIENCE:.0f} s of processor"
        return f"no word for {STILL:.0f} s" if self._still > STILL else None

    def _is_stopped(self) -> bool:
        try:
            return psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED
        except psutil.NoSuchProcess:
            return False

    def _processor(self) -> float:
        try:
            times = psutil.Process(self.process.pid).cpu_times()
        except psutil.NoSuchProcess:
            return 0.0
        return times.user + times.system

    def replace(self) -> None:
        """Another process goes on behind the letter that this one is stuck at."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        following = (self.at or 0) + 1
        self._start()
        if following < self.until:
            self.give(following, self.until)
        else:
            self.at = None


def run(letters: int, seed: int, workers: int, folder: Path) -> Run:
    """Try letters 0 to `letters`, telling how far it has come. Those that fail are written into `folder`."""
    done, turn, told = Run(seed, folder), _Turn(), -TOLD_EVERY
    pool = [_Worker(seed) for _ in range(workers)]
    left = iter(range(0, letters, AT_ONCE))
    for worker in pool:
        _next(worker, left, letters)
    while any(worker.at is not None for worker in pool):
        for pipe in wait([worker.pipe for worker in pool], timeout=TURN):
            worker = next(one for one in pool if one.pipe is pipe)
            _hear(worker, done, left, letters)
        took = turn.took()
        done.seconds += took
        for worker in pool:
            worker.waited(took)
            _mind(worker, done)
        if done.seconds - told > TOLD_EVERY:
            told = done.seconds
            rate = done.letters / max(done.seconds, 0.1)
            say(f"  {done.letters} of {letters}, {rate:.0f}/s, {len(done.failures)} failures")
    for worker in pool:
        worker.process.kill()
    return done


class _Turn:
    """A clock of the time in which this run ran, turn by turn."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def took(self) -> float:
        """The seconds since this was last asked, at most `LONGEST_TURN`."""
        before, self._last = self._last, time.monotonic()
        return min(self._last - before, LONGEST_TURN)


def again(path: Path) -> str:
    """The command that tries one letter alone."""
    return f"{sys.executable} -m tests.fuzz --letter {path}"


def say(line: str) -> None:
    """A line to whoever waits, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _next(worker: _Worker, left: Any, letters: int) -> None:
    start = next(left, None)
    if start is None:
        worker.at = None
    else:
        worker.give(start, min(start + AT_ONCE, letters))


def _hear(worker: _Worker, done: Run, left: Any, letters: int) -> None:
    try:
        kind, number, value = worker.pipe.recv()
    except (EOFError, OSError):
        if worker.at is not None:
            done.letters += 1
            done.failed(worker.at, "the process died")
        worker.replace()
        return
    worker.heard()
    if kind == "at":
        worker.at = number
    elif kind == "end":
        done.peak_bytes = max(done.peak_bytes, value)
        _next(worker, left, letters)
    else:
        done.letters += 1
        outcome, seconds = value
        done.took(number, seconds)
        if kind == "failed":
            done.failed(number, outcome)
        else:
            done.outcomes[outcome] += 1


def _mind(worker: _Worker, done: Run) -> None:
    if worker.at is not None and (hangs := worker.hangs):
        done.letters += 1
        done.failed(worker.at, f"hangs: {hangs}")
        worker.replace()


def _work(pipe: "Connection[Any, Any]", seed: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    while True:
        start, end = pipe.recv()
        for number in range(start, end):
            pipe.send(("at", number, None))
            pipe.send(_one(seed, number))
        pipe.send(("end", end, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


def _one(seed: int, number: int) -> tuple[str, int, tuple[str, float]]:
    letter = spoiled(seed, number)
    begun = time.process_time()
    try:
        outcome = ("read", str(tried(letter)))
    except Exception:  # this is what the run looks for
        outcome = ("failed", traceback.format_exc(limit=-4))
    return outcome[0], number, (outcome[1], time.process_time() - begun)
