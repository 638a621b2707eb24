"""Processes that tests start, each ending with the run that started it even if that is killed; ports for them."""

import shutil
import socket
from collections.abc import Sequence
from typing import Literal


def ending_with_us(command: Sequence[str], by: Literal["KILL", "TERM"] = "KILL") -> list[str]:
    """The command as the kernel ends it `by` that signal when the thread that starts it is gone.

    util-linux's `setpriv` asks for that and then becomes the command, whose pid the child has. Where there is no
    `setpriv`, which is not on Linux, what a killed run started stays.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", by, *command] if setpriv else list(command)


def free_port() -> int:
    """A port of the loopback that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
