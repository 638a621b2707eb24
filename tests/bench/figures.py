"""A figure beside its floor, the table a person reads, and the JSON a program reads."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

Better = Literal["more", "less"]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured thing. `values` and `floors` are its rounds, interleaved in time, the same number of each.

    `ratio` is how far from the floor we are, 1 being the floor itself: of rates the floor's share that we
    reach, of times how often the floor's time we take.
    """

    name: str
    unit: str
    values: Sequence[float]
    floors: Sequence[float] = ()
    floor_name: str = ""
    better: Better = "less"
    target: float | None = None
    target_ratio: float | None = None
    """What the ratio may be at most."""
    cpu_ms: dict[str, float] = field(default_factory=dict)
    """Processor time of each process for one letter, in ms: hardly moved by what else the machine does."""
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def floor(self) -> float | None:
        return median(self.floors) if self.floors else None

    @property
    def ratio(self) -> float | None:
        """The median over rounds, so that what slows one round slows both its halves."""
        if not self.floors:
            return None
        return median(value / floor for value, floor in zip(self.values, self.floors, strict=True))

    @property
    def reached(self) -> bool | None:
        if self.target_ratio is not None and self.ratio is not None:
            return self.ratio <= self.target_ratio
        if self.target is None:
            return None
        return self.value >= self.target if self.better == "more" else self.value <= self.target


@dataclass
class Report:
    """All figures of a run, and how busy the machine was."""

    machine: dict[str, Any]
    figures: list[Figure] = field(default_factory=list)

    def add(self, *figures: Figure) -> None:
        """Keep them in order."""
        self.figures += figures

    def show(self, console: Console) -> None:
        """The table, then where the processor's time went."""
        console.print(self._table())
        for figure in self.figures:
            if figure.cpu_ms:
                console.print(f"  {figure.name}, ms of processor a letter: {_listed(figure.cpu_ms)}")
            if figure.notes:
                console.print(f"  {figure.name}: {_listed(figure.notes)}")
        console.print(f"  machine: {_listed(self.machine)}")

    def _table(self) -> Table:
        table = Table("figure", "unit")
        for name in ("Pli", "floor", "ratio", "target"):
            table.add_column(name, justify="right")
        table.add_column("floor is")
        for each in self.figures:
            table.add_row(
                each.name,
                each.unit,
                _number(each.value),
                _number(each.floor),
                _number(each.ratio),
                _aim(each),
                each.floor_name,
            )
        return table

    def write(self, path: Path) -> None:
        """Everything, the rounds too."""
        figures = [
            asdict(each) | {"value": each.value, "floor": each.floor, "ratio": each.ratio, "reached": each.reached}
            for each in self.figures
        ]
        path.write_text(json.dumps({"machine": self.machine, "figures": figures}, indent=2) + "\n")


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` of all are."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def _aim(figure: Figure) -> str:
    aim = figure.target if figure.target_ratio is None else figure.target_ratio
    if aim is None:
        return ""
    sign = "≥" if figure.better == "more" else "≤"
    said = f"{sign} {aim:g}" if figure.target_ratio is None else f"ratio {sign} {aim:g}"
    return f"[{'green' if figure.reached else 'red'}]{said}[/]"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def _listed(items: dict[str, Any]) -> str:
    said = (f"{name} {_number(value) if isinstance(value, float) else value}" for name, value in items.items())
    return " · ".join(said)
