"""One instance of the stack: its name, its ports, its folders, and what is remembered of them."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError
from stack.places import Places
from stack.ports import Ports

DEFAULT = "demo"
TESTED = ("test", "test-beneath")
"""Where tests run, side by side."""
OFFSETS = {"demo": 0, **dict(zip(TESTED, (5_000, 5_200), strict=True)), "bench": 5_600}
"""Small enough that no port lies where the system takes its own for outgoing connections (from 32,768)."""
OFFSET_OF_OTHERS = 5_300


@dataclass(frozen=True)
class Instance:
    """A named stack with its own ports, data and secrets, beside any other on this machine."""

    name: str
    offset: int
    places: Places
    ports: Ports

    @classmethod
    def open(cls, name: str | None = None, offset: int | None = None) -> Instance:
        """The instance by name; its offset is what is given, else remembered, else the default."""
        chosen = name or os.environ.get("PLI_INSTANCE") or DEFAULT
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", chosen):
            raise StackError(
                f"{chosen!r} can't name an instance",
                "use lower-case letters, digits and hyphens: PLI_INSTANCE=dev1",
            )
        places = Places.of(chosen)
        moved = _offset(chosen, offset, places)
        return cls(chosen, moved, places, Ports.at(moved))

    def remember(self) -> None:
        """Keep the offset, so that later commands need not repeat it."""
        self.places.make()
        _memory(self.places).write_text(json.dumps({"port_offset": self.offset}) + "\n")

    @property
    def public_origin(self) -> str:
        return f"http://localhost:{self.ports['gateway']}"


def _memory(places: Places) -> Path:
    return places.root / "instance.json"


def _offset(name: str, given: int | None, places: Places) -> int:
    if given is not None:
        return given
    setting = os.environ.get("PLI_PORT_OFFSET")
    if setting:
        return number(setting)
    if _memory(places).exists():
        return int(json.loads(_memory(places).read_text())["port_offset"])
    return OFFSETS.get(name, OFFSET_OF_OTHERS)


def number(setting: str) -> int:
    """The offset as it is written in `PLI_PORT_OFFSET`. Raises `StackError`."""
    try:
        return int(setting)
    except ValueError:
        raise StackError(f"PLI_PORT_OFFSET={setting!r} is not a number", "PLI_PORT_OFFSET=5300 make up") from None
