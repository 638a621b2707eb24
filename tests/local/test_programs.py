"""What the machine lacks is named, with the command that brings it."""

from pathlib import Path

import pytest

from stack import preparation, programs
from stack.errors import DiskTooFull, ProgramMissing
from stack.programs import Program, require, version_of


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A program on this machine that says it is 3.8.7, in colour as Maven does."""
    script = tmp_path / "tool"
    script.write_text("#!/bin/sh\nprintf '\\033[1mTool 3.8.7\\033[m\\n'\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return Program("tool", ("-version",), (3, 8), "tool-package", "is tried here")


def test_a_version_is_read_through_colours(tool: Program) -> None:
    assert version_of(tool) == (3, 8, 7)


def test_what_is_there_is_left_alone(tool: Program) -> None:
    assert require([tool]) == []


def test_what_is_missing_and_cannot_be_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_may_install", lambda: False)
    absent = Program("pli-no-such-program", ("-v",), (1,), "some-package", "is tried here")
    with pytest.raises(ProgramMissing) as missing:
        require([absent])
    assert "apt-get install some-package" in missing.value.mend


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DiskTooFull, match="GiB are needed"):
        preparation._check_disk(tmp_path / "not" / "yet", 2**60)
