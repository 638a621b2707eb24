"""The released form of every event: its JSON schema and one payload, kept as files beside this module.

`python -m contracts.golden write` adds what is missing; a file that exists is a promise to readers
that are already deployed, and is replaced with `--new` only. A payload that is replaced stays, as
`<tag>.payload.<n>.json`: what was published once must decode for as long as a topic may hold it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from contracts.auth import SealedCode
from contracts.base import Event, event_type
from contracts.golden.example import example_of
from contracts.topics import TOPICS

FOLDER = Path(__file__).parent
BOXED: tuple[type[Event], ...] = (SealedCode,)
"""Events that travel inside another event and so are declared by no topic."""


@dataclass(frozen=True)
class Changed:
    """A golden file whose event reads differently today."""

    path: Path
    today: str


def events() -> dict[str, type[Event]]:
    """Every event of every topic by its tag, and those that travel boxed; sorted by tag."""
    declared = {event_type(event): event for topic in TOPICS for event in topic.events}
    boxed = {event_type(event): event for event in BOXED}
    return dict(sorted((declared | boxed).items()))


def schema_of(event: type[Event]) -> str:
    """The JSON schema of an event, as it is kept: sorted, indented, without the words that describe it."""
    return _pretty(_without_prose(msgspec.json.schema(event)))


def payload_of(event: type[Event]) -> str:
    """One fixed payload of an event with every field filled, as it is kept."""
    return _pretty(msgspec.to_builtins(example_of(event)))


def schema_file(tag: str) -> Path:
    """Where the schema of an event is kept."""
    return FOLDER / f"{tag}.schema.json"


def payload_file(tag: str) -> Path:
    """Where today's payload of an event is kept."""
    return FOLDER / f"{tag}.payload.json"


def released_payloads(tag: str) -> list[Path]:
    """Every payload of an event that was ever released, today's included."""
    return sorted(FOLDER.glob(f"{tag}.payload*.json"))


def write_missing() -> list[Path]:
    """Write the files of events that have none; returns what was written."""
    missing = {path: text for path, text in _today().items() if not path.exists()}
    for path, text in missing.items():
        path.write_text(text, encoding="utf-8")
    return list(missing)


def changed() -> list[Changed]:
    """The kept files that today's events would write otherwise."""
    kept = {path: text for path, text in _today().items() if path.exists()}
    return [Changed(path, text) for path, text in kept.items() if path.read_text(encoding="utf-8") != text]


def replace(change: Changed) -> None:
    """Put today's form in the place of a released one; a payload is kept aside under the next number."""
    if change.path.name.endswith(".payload.json"):
        change.path.rename(_next_number(change.path))
    change.path.write_text(change.today, encoding="utf-8")


def _today() -> dict[Path, str]:
    files: dict[Path, str] = {}
    for tag, event in events().items():
        files[schema_file(tag)] = schema_of(event)
        files[payload_file(tag)] = payload_of(event)
    return files


def _next_number(path: Path) -> Path:
    tag = path.name.removesuffix(".payload.json")
    return path.with_name(f"{tag}.payload.{len(released_payloads(tag))}.json")


def _without_prose(schema: Any) -> Any:
    """A schema without its descriptions: a docstring may be mended without a new version."""
    if isinstance(schema, list):
        return [_without_prose(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _without_prose(value)
        for name, value in schema.items()
        if not (name == "description" and isinstance(value, str))
    }


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
