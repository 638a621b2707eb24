"""`make bench`: measures a running stack of its own and says each figure beside its floor."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from stack.control import Stack
from tests.bench import upkeep
from tests.bench.figures import Figure, Report
from tests.bench.ground import Bus, Ground, helper, prepared
from tests.bench.machine import load
from tests.bench.mail import Mail, generator_limit

PARTS = ("mail", "waiting", "memory", "pages", "start")


def options(arguments: list[str]) -> argparse.Namespace:
    """What the person asks for."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures, all rounds, as JSON")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="only these parts")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each throughput figure (3)")
    parser.add_argument("--letters", type=int, default=300, help="letters a round (300)")
    parser.add_argument("--connections", type=int, default=8, help="connections to the door (8)")
    parser.add_argument("--rate", type=float, default=10.0, help="letters a second for the waits (10)")
    return parser.parse_args(arguments)


async def measure(wanted: argparse.Namespace, console: Console) -> Report:
    """Every part that is wanted, on the running stack."""
    ground = Ground(Stack(), Path(tempfile.mkdtemp(prefix="pli-bench-")))
    report = Report({"before": load()})
    if "start" in wanted.only:
        report.add(upkeep.start(ground))
    async with Bus(ground.stack) as bus:
        await prepared(ground, bus)
        await _letters(wanted, ground, bus, report, console)
    if "memory" in wanted.only:
        console.print("memory …")
        report.add(*upkeep.memory(ground), upkeep.large_letter(ground, wanted.rounds))
    if "pages" in wanted.only:
        from tests.bench.pages import pages

        console.print("pages …")
        report.add(*pages(ground))
    report.machine["after"] = load()
    return report


async def _letters(wanted: argparse.Namespace, ground: Ground, bus: Bus, report: Report, console: Console) -> None:
    notes = ground.folder / "notices.txt"
    notes.touch()
    if not {"mail", "waiting"} & set(wanted.only):
        return
    mail = Mail(ground, bus, notes, wanted.connections)
    with helper("sink", str(notes)) as (port, _), ground.notices_to(port):
        if "mail" in wanted.only:
            console.print(f"letters through door, worker and notifier, {wanted.rounds} rounds …")
            limit = generator_limit(ground.folder / "limit.txt", wanted.connections, wanted.letters)
            report.add(*await mail.rounds(wanted.rounds, wanted.letters))
            report.add(Figure(name="the generator's own limit", unit="letters/s", values=[limit], better="more"))
        if "waiting" in wanted.only:
            console.print(f"{wanted.rate:g} letters a second …")
            report.add(*await mail.waiting(wanted.rate, wanted.letters))
    if "waiting" in wanted.only:
        report.add(*await mail.waiting_for_catcher(wanted.rate, wanted.letters))


def main() -> int:
    """Measure and tell."""
    wanted = options(sys.argv[1:])
    console = Console(highlight=False, width=160)
    report = asyncio.run(measure(wanted, console))
    report.show(console)
    if wanted.json:
        report.write(wanted.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
