"""What can go wrong with the local stack, each with the command that mends it."""

from __future__ import annotations


class StackError(Exception):
    """Something the person at the keyboard can mend: what happened, and the command to run."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}\n  to mend it: {mend}")
        self.what = what
        self.mend = mend


class ProgramMissing(StackError):
    """A program that set-up can't do without isn't on this machine."""


class DiskTooFull(StackError):
    """There is less free space than what is about to be written."""


class PortTaken(StackError):
    """Another program listens where one of ours must."""


class BuildFailed(StackError):
    """A server could not be built; its log says why."""


class NotRunning(StackError):
    """The command needs a running stack and there is none."""


class NotReady(StackError):
    """Some process did not answer in time."""
