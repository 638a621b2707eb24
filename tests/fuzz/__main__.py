"""`python -m tests.fuzz`: so many spoiled letters, in processes with limits; 0 when every promise held."""

import argparse
import os
import sys
from pathlib import Path

from tests.fuzz.mutations import spoiled
from tests.fuzz.pool import Run, run, say
from tests.fuzz.trial import tried


def main() -> int:
    """Run, or try the one letter that a run has named."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("--letters", type=int, default=100_000, help="how many (100000)")
    asked.add_argument("--seed", type=int, default=2026, help="the same seed makes the same letters (2026)")
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (one a core)")
    asked.add_argument("--only", type=int, help="try this one letter here, and show where it fails")
    asked.add_argument("--write", help="with --only: write that letter to this file instead")
    given = asked.parse_args()
    if given.only is None:
        return _report(run(given.letters, given.seed, given.workers))
    letter = spoiled(given.seed, given.only)
    if given.write:
        Path(given.write).write_bytes(letter)
    else:
        say(f"{tried(letter)}, {len(letter)} bytes")
    return 0


def _report(done: Run) -> int:
    say(f"\n{done.letters} letters in {done.seconds:.0f} s, {done.letters / max(done.seconds, 0.1):.0f}/s")
    say("  " + ", ".join(f"{outcome}: {count}" for outcome, count in sorted(done.outcomes.items())))
    say(f"  slowest: {', '.join(f'{one.seconds:.2f} s (letter {one.number})' for one in done.slowest)}")
    say(f"  most memory of a process: {done.peak_bytes / 1e6:.0f} MB")
    for failure in done.failures:
        say(f"  letter {failure.number} failed: --only {failure.number} shows where")
    say(f"\n{len(done.failures)} failures" if done.failures else "\nevery promise held")
    return 1 if done.failures else 0


if __name__ == "__main__":
    sys.exit(main())
