"""Whether a process does its work: every part's checks, asked together, with a limit of time."""

import asyncio
from collections.abc import Sequence

from chassis.errors import recognise
from chassis.part import Check, Part
from chassis.telemetry.metrics import READY

ANSWER_WITHIN = 2.0


class Readiness:
    """The checks of a process. It is ready when none finds anything wrong."""

    def __init__(self, process: str) -> None:
        self.ready = False
        """What the last report said."""
        self._process = process
        self._checks: dict[str, Check] = {}
        self._not_started: set[str] = set()

    def expect(self, parts: Sequence[Part]) -> None:
        """Count these parts' checks, and wait for each to have started."""
        for part in parts:
            self._not_started.add(part.name)
            self._checks.update(part.checks())

    def add(self, name: str, check: Check) -> None:
        """Count one more check."""
        self._checks[name] = check

    def started(self, part: Part) -> None:
        """This part has started."""
        self._not_started.discard(part.name)

    async def report(self) -> dict[str, bool | str]:
        """Each check's name with True, or with what is wrong."""
        names = list(self._checks)
        found = await asyncio.gather(*(_ask(self._checks[name]) for name in names))
        report: dict[str, bool | str] = {name: wrong or True for name, wrong in zip(names, found, strict=True)}
        report.update(dict.fromkeys(self._not_started, "starting"))
        self.ready = all(value is True for value in report.values())
        READY.labels(self._process).set(self.ready)
        return report


async def _ask(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), ANSWER_WITHIN)
    except TimeoutError:
        return "no answer in time"
    except Exception as error:
        known = recognise(error)
        return str(known) if known else type(error).__name__
