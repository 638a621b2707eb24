"""The commands' answers, as tables for people and as plain data for programs."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from console.domain.figures import GroupFigures, Snapshot, TopicFigures
from console.domain.letters import DeadLetter

MISSING = "not created"
NOT_READABLE = "[no released contract reads this value]"


def topics_as_data(topics: Sequence[TopicFigures], snapshot: Snapshot) -> list[dict[str, Any]]:
    """One object a topic."""
    return [
        {
            "topic": one.topic.name,
            "says": one.topic.says,
            "exists": one.exists,
            "producers": list(one.topic.producers),
            "consumers": [consumer.service for consumer in one.topic.consumers],
            "followers": list(one.topic.followers),
            "partitions": len(one.ends),
            "written": one.written,
            "kept": one.kept,
            "lag": snapshot.lag_on(one.topic.name),
            "ends": {str(partition): end for partition, end in one.ends.items()},
        }
        for one in topics
    ]


def topics_as_table(topics: Sequence[TopicFigures], snapshot: Snapshot) -> RenderableType:
    """A row a topic; a topic that was never created says so."""
    table = _table("topic", "written by", "read by", "partitions#", "written#", "kept#", "waiting#")
    for one in topics:
        table.add_row(
            one.topic.name,
            ", ".join(one.topic.producers),
            _readers(one),
            str(len(one.ends)) if one.exists else Text(MISSING, style="red"),
            str(one.written),
            _alarming(one.kept) if one.topic.name in snapshot.dead_letters else str(one.kept),
            _waiting(snapshot.lag_on(one.topic.name)),
        )
    return table


def lag_as_data(groups: Sequence[GroupFigures]) -> list[dict[str, Any]]:
    """One object a group, its lag by partition."""
    return [
        {
            "group": one.group,
            "service": one.service,
            "topic": one.topic,
            "lag": one.total,
            "by_partition": {str(partition): lag for partition, lag in one.lag.items()},
        }
        for one in groups
    ]


def lag_as_table(groups: Sequence[GroupFigures]) -> RenderableType:
    """A row a group, the partitions that wait named."""
    table = _table("service", "topic", "waiting#", "in partitions")
    for one in groups:
        behind = [f"{partition}: {lag}" for partition, lag in sorted(one.lag.items()) if lag]
        table.add_row(one.service, one.topic, _waiting(one.total), ", ".join(behind))
    return table


def letters_as_data(
    letters: Sequence[DeadLetter], values: Sequence[dict[str, Any] | None] | None
) -> list[dict[str, Any]]:
    """One object a dead letter; with `value` (masked, or null where unreadable) only if values are given."""
    if values is None:
        return [letter.facts() for letter in letters]
    return [letter.facts() | {"value": value} for letter, value in zip(letters, values, strict=True)]


def letters_as_table(
    letters: Sequence[DeadLetter], values: Sequence[dict[str, Any] | None] | None
) -> RenderableType:
    """A row a dead letter, and below it the masked values if they are given."""
    if not letters:
        return Text("No dead letters.", style="green")
    table = _table("at", "reason", "type", "origin", "tries#", "trace", "kept as")
    for letter in letters:
        kept_as = f"{letter.topic}/{letter.partition}/{letter.offset}"
        at, tries = letter.at[:19], letter.attempts
        table.add_row(at, letter.reason, letter.type, letter.origin, tries, letter.trace, kept_as)
    if values is None:
        return table
    return Group(table, *(_value(letter, value) for letter, value in zip(letters, values, strict=True)))


def _value(letter: DeadLetter, value: dict[str, Any] | None) -> Text:
    body = NOT_READABLE if value is None else json.dumps(value, ensure_ascii=False, indent=2)
    return Text(f"{letter.origin}  {letter.event_id}\n{body}")


def _table(*columns: str) -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column.rstrip("#"), justify="right" if column.endswith("#") else "left", overflow="fold")
    return table


def _readers(one: TopicFigures) -> str:
    consumers = [consumer.service for consumer in one.topic.consumers]
    followers = [f"{follower} (follows)" for follower in one.topic.followers]
    return ", ".join(consumers + followers) or "operators"


def _waiting(lag: int | None) -> Text:
    if lag is None:
        return Text("-", style="dim")
    return Text(str(lag), style="yellow" if lag else "green")


def _alarming(count: int) -> Text:
    return Text(str(count), style="bold red" if count else "green")
