"""What a test run started ends with it, even when it is killed and can tidy nothing up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from stack.places import CHECKOUT
from tests.chaos.troubles import mounted
from tests.children import ending_with_us

STARTING = """
import subprocess, sys, time
from tests.children import ending_with_us
working = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
subprocess.Popen(ending_with_us([sys.executable, "-c", working], by=sys.argv[1]))
time.sleep(600)
"""
WITHIN = 30.0


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


MOUNTING = """
import sys, time
from pathlib import Path
from tests.chaos.troubles import mounted
print(bool(mounted(Path(sys.argv[1]), 1)), flush=True)
time.sleep(600)
"""


def starting(*command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", *command], cwd=CHECKOUT, stdout=subprocess.PIPE)


def said(run: "subprocess.Popen[bytes]") -> str:
    assert run.stdout is not None
    return run.stdout.readline().decode().strip()


def kill(run: "subprocess.Popen[bytes]") -> None:
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()


def soon(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < deadline, "still there"
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the kernel's own way, which is Linux's")
@pytest.mark.parametrize("by", ["KILL", "TERM"])
def test_what_a_killed_run_started_ends_with_it(by: str) -> None:
    run = starting(STARTING, by)
    child = int(said(run))
    assert not is_gone(child)
    kill(run)
    soon(lambda: is_gone(child))


def test_a_killed_run_leaves_no_disk_mounted(tmp_path: Path) -> None:
    run = starting(MOUNTING, str(tmp_path))
    on_it = said(run) == "True"
    kill(run)
    if not on_it:
        pytest.skip("this machine mounts no disk for us")
    soon(lambda: not tmp_path.is_mount())


def test_a_disk_that_is_given_back_is_unmounted_when_that_is_said(tmp_path: Path) -> None:
    disk = mounted(tmp_path, 1)
    if disk is None:
        pytest.skip("this machine mounts no disk for us")
    assert tmp_path.is_mount()
    disk.communicate()
    assert disk.returncode == 0 and not tmp_path.is_mount()


def test_the_child_is_the_command_itself_and_its_answer_is_the_childs() -> None:
    say = "import os, sys; print(os.getpid()); sys.exit(7)"
    child = subprocess.Popen(ending_with_us([sys.executable, "-c", say]), stdout=subprocess.PIPE)
    answer, _ = child.communicate()
    assert int(answer) == child.pid
    assert child.returncode == 7
