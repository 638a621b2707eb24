"""One fixed example of any event, built from its type alone, so that golden payloads can be made again."""

import re
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from contracts.base import Event

E = TypeVar("E", bound=Event)

TEXTS = (
    "01975a3c-1f60-7a10-9c4e-2b7d5e8f0a31",
    "5f" * 32,
    "some-code",
    "fr",
    "034567",
    "+33600000015",
    "288077505600121",
    "5.1.1",
    "a1" * 8,
)
"""The first of these that a field's pattern takes is its example."""
INSTANT = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
DAY = date(2026, 1, 2)


def example_of(event: type[E]) -> E:
    """An event of this type, every field filled, always the same.

    Raises `LookupError` for a kind of field, or a pattern, that there is no example of yet.
    """
    info = inspect.type_info(event)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{event.__name__} is no struct")
    return msgspec.convert(_example(info), event)


def _example(info: inspect.Type) -> Any:
    match info:
        case inspect.Metadata():
            return _example(info.type)
        case inspect.StructType():
            return _example_struct(info)
        case inspect.UnionType():
            return _example(next(one for one in info.types if not isinstance(one, inspect.NoneType)))
        case inspect.VarTupleType() | inspect.ListType():
            return [_example(info.item_type)]
        case _:
            return _example_scalar(info)


def _example_struct(info: inspect.StructType) -> dict[str, Any]:
    fields = {field.encode_name: _example(field.type) for field in info.fields}
    return {info.tag_field: info.tag, **fields} if info.tag_field else fields


def _example_scalar(info: inspect.Type) -> Any:
    match info:
        case inspect.StrType():
            return _example_text(info)
        case inspect.BytesType():
            return b"\x5f" * (info.min_length or 4)
        case inspect.LiteralType():
            return min(info.values, key=str)
        case inspect.IntType():
            return max(info.ge or 0, 1)
        case inspect.BoolType():
            return True
        case inspect.DateTimeType():
            return INSTANT
        case inspect.DateType():
            return DAY
        case _:
            raise LookupError(f"no example for {info}")


def _example_text(info: inspect.StrType) -> str:
    if info.pattern is not None:
        return _text_for(info.pattern)
    return "é" + "x" * max((info.min_length or 1) - 1, 7)


def _text_for(pattern: str) -> str:
    for text in TEXTS:
        if re.search(pattern, text):
            return text
    raise LookupError(f"no example for {pattern}: add one to TEXTS")
