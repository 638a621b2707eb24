"""`make chaos`: storms through a stack of its own and says what is wrong after it; ends with 1 if anything is."""

import argparse
import signal
import sys
import time

from rich.console import Console

from stack.control import Stack
from tests.chaos.detours import detoured
from tests.chaos.reckoning import complaints
from tests.chaos.storming import Plan, Tell, storm_through
from tests.chaos.troubles import Scene, course, small_disk
from tests.system.observer import Observer
from tests.system.people import People
from tests.system.toxics import toxics


def options(arguments: list[str]) -> argparse.Namespace:
    """How much of it."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--replies", type=int, default=2_000)
    parser.add_argument("--patients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3, help="times each kind of trouble comes (3)")
    parser.add_argument("--outage", type=float, default=600.0, help="seconds each store is away once; 0: never")
    parser.add_argument("--disk", type=int, default=2_000, help="MB of the objects' own small disk; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def main() -> int:
    """Storm, and reckon."""
    wanted = options(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # the small disk is given back
    console = Console(highlight=False, width=140)
    began = time.monotonic()

    def tell(words: str) -> None:
        console.print(f"{time.monotonic() - began:7.0f} s  {words}")

    found = run(wanted, tell)
    for complaint in found[:50]:
        console.print(f"  [red]{complaint}[/]")
    console.print(f"seed {wanted.seed}: {len(found)} complaints")
    return 1 if found else 0


def run(wanted: argparse.Namespace, tell: Tell) -> list[str]:
    """What is wrong after a storm."""
    stack = Stack()
    plan = Plan(letters=wanted.letters, replies=wanted.replies, patients=wanted.patients, seed=wanted.seed)
    observer = Observer(stack)
    people = People(stack, observer)
    try:
        with toxics(wanted.seed) as proxy, small_disk(stack, wanted.disk) as disk, detoured(stack, proxy) as ways:
            if disk is None:
                tell("this machine gives no small disk: the objects' disk is never full")
            troubles = course(Scene(stack, ways, disk), wanted.seed, wanted.rounds, wanted.outage)
            storm = storm_through(stack, people, observer, plan, troubles, tell)
            tell(f"{len(storm.taken)} letters and {len(storm.answered)} replies were promised; reckoning …")
            return complaints(storm, stack, observer)
    finally:
        people.close()
        observer.close()


if __name__ == "__main__":
    sys.exit(main())
