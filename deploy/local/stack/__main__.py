"""`python -m stack`: errors are a sentence and the command that mends them, never a stack trace."""

from __future__ import annotations

import signal
import sys

from stack.cli import app
from stack.errors import StackError


def main() -> int:
    """Run one command; its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = app()
    except StackError as error:
        print(f"stack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code if isinstance(code, int) else 0


def _interrupt(*_: object) -> None:
    """A SIGTERM ends a command as Ctrl-C does: what must always run still runs."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
