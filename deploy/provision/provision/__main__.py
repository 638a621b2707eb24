"""`python -m provision`: an error is a sentence, not a stack trace."""

from __future__ import annotations

import sys

from provision.cli import app
from provision.errors import ProvisionError


def main() -> int:
    """Run one command; its exit code."""
    try:
        app()
    except ProvisionError as error:
        print(f"provision: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
