"""What a test run started ends with it, even when it is killed and can tidy nothing up."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from stack.places import CHECKOUT
from tests.children import ending_with_us

STARTING = """
import subprocess, sys, time
from tests.children import ending_with_us
child = subprocess.Popen(ending_with_us([sys.executable, "-c", "import time; time.sleep(600)"], by=sys.argv[1]))
print(child.pid, flush=True)
time.sleep(600)
"""
WITHIN = 30.0


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the kernel's own way, which is Linux's")
@pytest.mark.parametrize("by", ["KILL", "TERM"])
def test_what_a_killed_run_started_ends_with_it(by: str) -> None:
    run = subprocess.Popen([sys.executable, "-c", STARTING, by], cwd=CHECKOUT, stdout=subprocess.PIPE)
    assert run.stdout is not None
    child = int(run.stdout.readline())
    assert not is_gone(child)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    run.stdout.close()
    deadline = time.monotonic() + WITHIN
    while not is_gone(child):
        assert time.monotonic() < deadline, "still there"
        time.sleep(0.02)


def test_the_child_is_the_command_itself_and_its_answer_is_the_childs() -> None:
    say = "import os, sys; print(os.getpid()); sys.exit(7)"
    child = subprocess.Popen(ending_with_us([sys.executable, "-c", say]), stdout=subprocess.PIPE)
    said, _ = child.communicate()
    assert int(said) == child.pid
    assert child.returncode == 7
