"""What processes use of the machine: processor time, memory in their own share, and how busy it is."""

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

SERVICES = (
    "auth",
    "messaging-smtp",
    "messaging-web",
    "messaging-worker",
    "documents",
    "synthesis",
    "notifier",
)
"""The seven processes of ours whose memory is promised."""
_POLL_S = 0.01


def load() -> dict[str, object]:
    """How busy the machine is with everything that runs on it."""
    one, five, _ = os.getloadavg()
    return {"cores": os.cpu_count(), "load 1 min": round(one, 1), "load 5 min": round(five, 1)}


def pss(pid: int) -> float:
    """Proportional set size of one process, in MB."""
    return _field(pid, "Pss:")


def private(pid: int) -> float:
    """Anonymous memory of one process, in MB: what it allocated, without files mapped."""
    return _field(pid, "Anonymous:")


def _field(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(name)


class Cpu:
    """Processor seconds of processes between entering and leaving; those that ended don't count."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self.seconds: dict[str, float] = {}
        self._pids = pids
        self._before: dict[str, float] = {}

    def __enter__(self) -> "Cpu":
        self._before = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        after = self._now()
        self.seconds = {name: after[name] - self._before.get(name, 0.0) for name in after}

    def each(self, count: int) -> dict[str, float]:
        """Milliseconds for one of `count` letters, the hungriest first."""
        shares = {name: 1000 * seconds / max(count, 1) for name, seconds in self.seconds.items()}
        hungry = sorted(shares.items(), key=lambda item: -item[1])
        return {name: round(share, 2) for name, share in hungry if share >= 0.05}

    def _now(self) -> dict[str, float]:
        return {name: spent for name, pid in self._pids.items() if (spent := _spent(pid)) is not None}


def _spent(pid: int) -> float | None:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return None
    return float(times.user + times.system)


class Peak:
    """The most anonymous memory a process had between entering and leaving, over what it had before, in MB."""

    def __init__(self, pid: int) -> None:
        self.growth = 0.0
        self._pid = pid
        self._before = 0.0
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Peak":
        self._before = private(self._pid)
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            self.growth = max(self.growth, private(self._pid) - self._before)
            time.sleep(_POLL_S)
