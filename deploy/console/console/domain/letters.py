"""A dead letter as an operator may see it: why and where from, its personal fields masked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import inspect

from contracts.base import Event, event_type
from contracts.topics import TOPICS

UNKNOWN = "[unknown]"
EVENTS: dict[str, type[Event]] = {event_type(event): event for topic in TOPICS for event in topic.events}


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """One record of a `<service>.dead-letters` topic; texts are empty where a header is absent.

    `value` is the origin's value, byte for byte: never show it but through `shown`.
    """

    topic: str
    partition: int
    offset: int
    reason: str
    origin_topic: str
    origin_partition: str
    origin_offset: str
    attempts: str
    subscription: str
    trace: str
    at: str
    type: str
    event_id: str
    value: bytes

    @property
    def origin(self) -> str:
        """`topic/partition/offset` of the record that could not be processed."""
        return f"{self.origin_topic}/{self.origin_partition}/{self.origin_offset}"

    def facts(self) -> dict[str, Any]:
        """Everything but the value, as plain data."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "value"}
        return fields | {"bytes": len(self.value)}


def read_letter(
    topic: str, partition: int, offset: int, headers: Iterable[tuple[str, bytes | None]], value: bytes | None
) -> DeadLetter:
    """A dead letter from a record; a strange one is shown as far as it can be read."""
    fields = {name: (text or b"").decode("utf-8", "replace") for name, text in headers}
    return DeadLetter(
        topic=topic,
        partition=partition,
        offset=offset,
        reason=fields.get("pli_dl_reason", ""),
        origin_topic=fields.get("pli_dl_topic", ""),
        origin_partition=fields.get("pli_dl_partition", ""),
        origin_offset=fields.get("pli_dl_offset", ""),
        attempts=fields.get("pli_dl_attempts", ""),
        subscription=fields.get("pli_dl_subscription", ""),
        trace=fields.get("pli_dl_trace", ""),
        at=fields.get("pli_dl_at", ""),
        type=fields.get("ce_type", ""),
        event_id=fields.get("ce_id", ""),
        value=value or b"",
    )


def shown(letter: DeadLetter) -> dict[str, Any] | None:
    """The value with every field marked personal masked, or None where its contract cannot read it.

    What cannot be decoded is not shown at all: nobody knows what stands where.
    """
    event = EVENTS.get(letter.type)
    if event is None:
        return None
    try:
        msgspec.json.decode(letter.value, type=event, strict=True)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    masked: dict[str, Any] = _masked(inspect.type_info(event), msgspec.json.decode(letter.value))
    return masked


def _masked(info: inspect.Type, value: Any) -> Any:
    if value is None:
        return None
    match info:
        case inspect.Metadata():
            return _masked_marked(info, value)
        case inspect.StructType():
            return _masked_fields(info, value)
        case inspect.UnionType():
            return _masked(next(one for one in info.types if not isinstance(one, inspect.NoneType)), value)
        case inspect.VarTupleType() | inspect.ListType():
            return [_masked(info.item_type, one) for one in value]
        case inspect.BytesType():
            return f"[{len(value)} characters of base64]"
        case _:
            return value


def _masked_marked(info: inspect.Metadata, value: Any) -> Any:
    kind = (info.extra or {}).get("personal")
    return f"[{kind}]" if kind else _masked(info.type, value)


def _masked_fields(info: inspect.StructType, value: dict[str, Any]) -> dict[str, Any]:
    types = {field.encode_name: field.type for field in info.fields}
    tag = info.tag_field
    return {
        name: one if name == tag else _masked(types[name], one) if name in types else UNKNOWN
        for name, one in value.items()
    }
