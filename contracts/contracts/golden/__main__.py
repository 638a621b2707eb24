"""`python -m contracts.golden write [--new]`: keep the released form of every event as files."""

import argparse
import sys

from contracts import golden


def main() -> int:
    """Write what is missing; answer 1 when a released form has changed and may not be replaced."""
    arguments = _arguments()
    for path in golden.write_missing():
        print(f"written {path.name}")
    changes = golden.changed()
    if changes and not arguments.new:
        return _refuse(changes)
    for change in changes:
        golden.replace(change)
        print(f"replaced {change.path.name}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m contracts.golden", description=main.__doc__)
    parser.add_argument("command", choices=["write"], help="write the files of events that have none")
    parser.add_argument(
        "--new", action="store_true", help="replace released forms that changed; readers must be able to take it"
    )
    return parser.parse_args()


def _refuse(changes: list[golden.Changed]) -> int:
    for change in changes:
        print(f"changed and not written: {change.path.name}", file=sys.stderr)
    print("A breaking change is a new version of the event. Otherwise run again with --new.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
