"""`python -m tests.fuzz`: so many spoiled letters, in processes with limits; 0 when every promise held."""

import argparse
import os
import sys
from pathlib import Path
from tempfile import gettempdir

from tests.fuzz.mutations import spoiled
from tests.fuzz.pool import Run, again, run, say
from tests.fuzz.trial import tried

FAILED = Path(gettempdir()) / "pli-fuzz"


def main() -> int:
    """Run, or try the one letter that a run has named."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("--letters", type=int, default=100_000, help="how many (100000)")
    asked.add_argument("--seed", type=int, default=2026, help="the same seed makes the same letters (2026)")
    asked.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (one a core)")
    asked.add_argument("--failed", type=Path, default=FAILED, help=f"where letters that fail are put ({FAILED})")
    asked.add_argument("--only", type=int, help="try this one letter of the seed here, and show where it fails")
    asked.add_argument("--letter", type=Path, help="try the letter in this file here, and show where it fails")
    given = asked.parse_args()
    if given.only is None and given.letter is None:
        return _report(run(given.letters, given.seed, given.workers, given.failed))
    letter = given.letter.read_bytes() if given.letter else spoiled(given.seed, given.only)
    say(f"{tried(letter)}, {len(letter)} bytes")
    return 0


def _report(done: Run) -> int:
    say(f"\n{done.letters} letters in {done.seconds:.0f} s, {done.letters / max(done.seconds, 0.1):.0f}/s")
    say(f"  {done.letters / max(done.processor, 0.1):.0f} to a second of processor")
    say("  " + ", ".join(f"{outcome}: {count}" for outcome, count in sorted(done.outcomes.items())))
    say(f"  slowest: {', '.join(f'{one.seconds:.2f} s (letter {one.number})' for one in done.slowest)}")
    say(f"  most memory of a process: {done.peak_bytes / 1e6:.0f} MB")
    for failure in done.failures:
        say(f"  letter {failure.number} failed, and is in {failure.path}: {again(failure.path)}")
    say(f"\n{len(done.failures)} failures" if done.failures else "\nevery promise held")
    return 1 if done.failures else 0


if __name__ == "__main__":
    sys.exit(main())
