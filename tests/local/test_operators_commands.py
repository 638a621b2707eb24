"""An operator's command gets the settings of the process it speaks for, and no others."""

import sys
from pathlib import Path

import pytest

from stack.control import Stack
from stack.environment import Environment
from stack.errors import StackError
from stack.instance import Instance
from stack.places import Places
from stack.ports import Ports

TOLD = "import os, sys; sys.exit(0 if os.environ.get('PLI_KAFKA_USERNAME') == 'console' else 7)"


@pytest.fixture
def own(tmp_path: Path) -> Stack:
    """A stack that was set up and never started."""
    instance = Instance("operators", 0, Places(tmp_path / "operators"), Ports.at(0, {}))
    Environment(instance).write()
    return Stack(instance)


def test_a_command_has_the_settings_of_its_process(own: Stack) -> None:
    assert own.as_process("console", [sys.executable, "-c", TOLD]) == 0
    assert own.as_process("auth", [sys.executable, "-c", TOLD]) == 7


def test_an_unknown_process_is_refused_with_those_there_are(own: Stack) -> None:
    with pytest.raises(StackError, match="console"):
        own.as_process("nobody", [sys.executable, "-c", "pass"])
