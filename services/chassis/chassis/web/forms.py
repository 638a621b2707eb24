"""Forms, read strictly into a struct: what cannot be read is refused with the names of the fields."""

from datetime import date, datetime
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from chassis.errors import UnreadableForm

MOST_FIELDS = 1_000
_TICKED = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
_MANY = (tuple, list, set, frozenset)

T = TypeVar("T", bound=msgspec.Struct)
Fields = dict[str, list[str]]


class UnreadableFields(UnreadableForm):
    """A form misses these fields, or they cannot be read; none named when the whole cannot."""

    def __init__(self, *fields: str) -> None:
        super().__init__(f"unreadable fields: {', '.join(fields) or 'all'}")
        self.fields = fields


async def read_form(request: "Request[Any, Any, Any]", struct: type[T]) -> T:
    """The form of the request as a `struct`: text, numbers, dates, ticks (`bool`), repeated fields (`tuple`).

    Fields that the struct doesn't know are ignored; an empty one is None, or the default, where text is not
    meant; line ends are `\\n`. Raises `UnreadableFields` naming all that miss, repeat, pass their limit or
    are of the wrong kind; Litestar's 413 when the body passes the route's limit.
    """
    sent = await text_fields(request)
    values: dict[str, Any] = {}
    unreadable: list[str] = []
    for field in msgspec.structs.fields(struct):
        try:
            found = _value(sent.get(field.encode_name, []), field.type)
        except (msgspec.ValidationError, ValueError):
            unreadable.append(field.encode_name)
            continue
        if found is not msgspec.UNSET:
            values[field.name] = found
        elif field.required:
            unreadable.append(field.encode_name)
    if unreadable:
        raise UnreadableFields(*unreadable)
    return struct(**values)


async def text_fields(request: "Request[Any, Any, Any]") -> Fields:
    """Every text field as it was typed, by name, each with all its values; files are left out."""
    kind, _ = request.content_type
    if kind == RequestEncodingType.MULTI_PART:
        sent = await _multipart(request)
    elif kind == RequestEncodingType.URL_ENCODED:
        sent = _url_encoded(await request.body())
    else:
        raise UnreadableFields
    return _gathered(sent)


async def files_in(request: "Request[Any, Any, Any]") -> list[UploadFile]:
    """The files of a multipart form, to be closed. Raises `UnreadableFields`, Litestar's 413."""
    sent = await _parts(request)
    return [value for _, value in sent if isinstance(value, UploadFile) and value.filename]


async def _multipart(request: "Request[Any, Any, Any]") -> list[tuple[str, str]]:
    return [(name, value) for name, value in await _parts(request) if isinstance(value, str)]


async def _parts(request: "Request[Any, Any, Any]") -> list[tuple[str, Any]]:
    try:
        return list((await request.form()).multi_items())
    except RequestEntityTooLarge:
        raise
    except (ClientException, UnicodeError, LookupError) as error:
        raise UnreadableFields from error


def _url_encoded(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except (UnicodeError, ValueError) as error:
        raise UnreadableFields from error


def _gathered(sent: list[tuple[str, str]]) -> Fields:
    fields: Fields = {}
    for name, value in sent:
        fields.setdefault(name, []).append(value.replace("\r\n", "\n").replace("\r", "\n"))
    spoilt = [name for name, values in fields.items() if any("\0" in value for value in values)]
    if spoilt:
        raise UnreadableFields(*spoilt)
    return fields


def _value(sent: list[str], wanted: Any) -> Any:
    """The value of one field, or UNSET when nothing was sent for it."""
    kinds = _kinds(wanted)
    if any(kind in _MANY for kind in kinds):
        return msgspec.convert(sent, wanted, strict=False) if sent else msgspec.UNSET
    if not sent:
        return msgspec.UNSET
    if len(sent) > 1:
        raise ValueError("sent more than once")
    return _single(sent[0], wanted, kinds)


def _single(text: str, wanted: Any, kinds: set[Any]) -> Any:
    if text == "" and str not in kinds:
        return None if NoneType in kinds else msgspec.UNSET
    if bool in kinds:
        return _TICKED[text] if text in _TICKED else msgspec.convert(text, wanted)
    if kinds & {date, datetime}:
        return msgspec.convert(text, wanted)
    return msgspec.convert(text, wanted, strict=False)


def _kinds(wanted: Any) -> set[Any]:
    """The plain types a field may have: `Annotated[str, …] | None` is {str, NoneType}."""
    if hasattr(wanted, "__metadata__"):
        return _kinds(get_args(wanted)[0])
    origin = get_origin(wanted)
    if origin in _MANY:
        return {origin}
    members = get_args(wanted)
    if origin is None or not members:
        return {wanted}
    return {kind for member in members for kind in _kinds(member)}
