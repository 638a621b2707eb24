"""A short slice of `make fuzz` with every run of the tests: no crash, no hang, nothing hidden."""

import os
import signal
import time
from itertools import count
from pathlib import Path

import pytest

from tests.fuzz import pool
from tests.fuzz.mutations import spoiled
from tests.fuzz.pool import Run
from tests.fuzz.trial import tried

SEED = 7
LETTERS = 1_600
AT_ONCE = 200


@pytest.mark.parametrize("start", range(0, LETTERS, AT_ONCE))
def test_spoiled_letters_are_shown_or_shown_with_their_raw_file(start: int) -> None:
    for number in range(start, start + AT_ONCE):
        begun = time.process_time()
        tried(spoiled(SEED, number))
        assert time.process_time() - begun < 10, f"letter {number} of seed {SEED}"


def test_a_seed_and_a_number_always_make_the_same_letter() -> None:
    assert [spoiled(1, number) for number in range(20)] == [spoiled(1, number) for number in range(20)]


def test_a_letter_that_fails_is_written_down_with_the_command_that_tries_it_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Run(SEED, tmp_path).failed(3, "Broken: nothing is shown")
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == spoiled(SEED, 3)
    assert f"-m tests.fuzz --letter {path}" in capsys.readouterr().out


def test_a_run_that_is_halted_counts_no_letter_as_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = count(0, 3600)
    monkeypatch.setattr(pool.time, "monotonic", lambda: next(hours))
    turn = pool._Turn()
    assert [turn.took(), turn.took()] == [pool.LONGEST_TURN] * 2


def test_a_process_stopped_by_hand_is_waited_for_and_one_that_is_silent_is_not() -> None:
    worker = pool._Worker(SEED)
    try:
        os.kill(worker.process.pid or 0, signal.SIGSTOP)
        os.waitid(os.P_PID, worker.process.pid or 0, os.WSTOPPED | os.WNOWAIT)
        worker.waited(pool.STILL + 1)
        assert worker.hangs is None
        os.kill(worker.process.pid or 0, signal.SIGCONT)
        os.waitid(os.P_PID, worker.process.pid or 0, os.WCONTINUED | os.WNOWAIT)
        worker.waited(pool.STILL + 1)
        assert worker.hangs == f"no word for {pool.STILL:.0f} s"
    finally:
        worker.process.kill()
        worker.process.join()
