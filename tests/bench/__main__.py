"""`make bench`: measures a running stack of its own and says each figure beside its floor."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from stack.control import Stack
from tests.bench import upkeep
from tests.bench.backlog import LETTERS, backlog
from tests.bench.figures import Figure, Report
from tests.bench.ground import Bus, Ground, helper, prepared
from tests.bench.machine import load
from tests.bench.mail import Mail, generator_limit
from tests.bench.network import KBIT, network
from tests.bench.scale import SIZES, scale

PARTS = ("mail", "waiting", "memory", "pages", "replies", "backlog", "scale", "network", "start")
LONG = {"backlog", "scale", "network"}
SHORT = tuple(part for part in PARTS if part not in LONG)


def options(arguments: list[str]) -> argparse.Namespace:
    """What the person asks for."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures, all rounds, as JSON")
    shown = f"only these parts (all but the long ones: {', '.join(sorted(LONG))})"
    parser.add_argument("--only", choices=PARTS, nargs="+", default=SHORT, help=shown)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each throughput figure (3)")
    parser.add_argument("--letters", type=int, default=300, help="letters a round (300)")
    parser.add_argument("--connections", type=int, default=8, help="connections to the door (8)")
    rates = [10.0, 20.0]
    parser.add_argument("--rates", type=float, nargs="+", default=rates, help="letters a second for the waits")
    sizes = "conversations in the mailboxes that are compared"
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help=f"{sizes} (10 1000 100000)")
    parser.add_argument("--backlog", type=int, default=LETTERS, help="letters waiting in the log (50000)")
    parser.add_argument("--kbit", type=float, default=KBIT, help="of the slow line (100: it takes 34 minutes)")
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
        if "backlog" in wanted.only:
            report.add(*await backlog(ground, bus, wanted.backlog, console))
    if "memory" in wanted.only:
        console.print("memory …")
        report.add(*upkeep.memory(ground), upkeep.large_letter(ground, wanted.rounds))
    if "pages" in wanted.only:
        from tests.bench.pages import pages

        console.print("pages …")
        report.add(*pages(ground))
    if "replies" in wanted.only:
        from tests.bench.replies import replies

        console.print("draft and send …")
        report.add(await asyncio.to_thread(replies, ground))
    if "scale" in wanted.only:
        report.add(*await asyncio.to_thread(scale, ground, wanted.sizes, console))
    if "network" in wanted.only:
        report.add(*await asyncio.to_thread(network, ground, wanted.kbit, console))
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
            for rate in wanted.rates:
                console.print(f"{rate:g} letters a second …")
                report.add(*await mail.waiting(rate, wanted.letters))
    if "waiting" in wanted.only:
        report.add(*await mail.waiting_for_catcher(wanted.rates[0], wanted.letters))


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
