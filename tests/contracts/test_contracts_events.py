"""Every event is a promise made the same way: frozen, versioned, limited, its personal data marked."""

import inspect as python_inspect
import re
from collections.abc import Iterator

import msgspec
import pytest
from msgspec import inspect

from contracts import auth, documents, golden, messaging, notifier, synthesis
from contracts.base import Event, event_type
from contracts.topics import TOPICS

EVENTS = golden.events()
TAG = re.compile(r"^(?P<family>[a-z]+)\.[a-z]+(-[a-z]+)*\.v[1-9][0-9]*$")
PERSONAL_LOOKING = re.compile(
    r"(^|_)(name|filename|title|email|phone|address|ins|sender|recipient|destination|peer|sent_by|subject|body)($|_)"
)
by_tag = pytest.mark.parametrize(("tag", "event"), EVENTS.items(), ids=EVENTS.keys())


def _structs(event: type[Event]) -> list[inspect.StructType]:
    """The event and every struct inside it."""
    infos = [inspect.type_info(event)]
    return [info for info in _inside(infos[0]) if isinstance(info, inspect.StructType)]


def _inside(info: inspect.Type) -> Iterator[inspect.Type]:
    yield info
    match info:
        case inspect.Metadata():
            yield from _inside(info.type)
        case inspect.StructType():
            for field in info.fields:
                yield from _inside(field.type)
        case inspect.UnionType():
            for one in info.types:
                yield from _inside(one)
        case inspect.VarTupleType() | inspect.ListType():
            yield from _inside(info.item_type)


def _fields(event: type[Event]) -> Iterator[tuple[str, inspect.Type]]:
    for struct in _structs(event):
        for field in struct.fields:
            yield f"{struct.cls.__name__}.{field.name}", field.type


def _is_marked(info: inspect.Type) -> bool:
    return any(isinstance(one, inspect.Metadata) and "personal" in (one.extra or {}) for one in _inside(info))


def _holds_text(info: inspect.Type) -> bool:
    return any(isinstance(one, inspect.StrType) for one in _inside(info))


@by_tag
def test_an_event_is_frozen_and_so_is_what_it_holds(tag: str, event: type[Event]) -> None:
    for struct in _structs(event):
        assert struct.cls.__struct_config__.frozen, struct.cls.__name__


@by_tag
def test_an_event_is_made_by_keyword_only(tag: str, event: type[Event]) -> None:
    for struct in _structs(event):
        for parameter in python_inspect.signature(struct.cls).parameters.values():
            assert parameter.kind is parameter.KEYWORD_ONLY, f"{struct.cls.__name__}.{parameter.name}"


@by_tag
def test_an_event_says_in_a_docstring_what_happened(tag: str, event: type[Event]) -> None:
    for struct in _structs(event):
        docstring = struct.cls.__dict__.get("__doc__")
        assert docstring, struct.cls.__name__
        assert len(docstring) > 20, struct.cls.__name__


@by_tag
def test_an_event_has_a_versioned_tag_named_after_its_class(tag: str, event: type[Event]) -> None:
    assert TAG.match(tag)
    words = re.sub(r"(?<!^)(?=[A-Z])", "-", event.__name__).lower()
    assert tag.split(".")[1] == words


def test_an_event_is_tagged_with_the_family_of_its_topic() -> None:
    for topic in TOPICS:
        owner, _, family = topic.name.partition(".")
        for event in topic.events:
            assert event_type(event).split(".")[0] == ("audit" if family == "audit" else owner), topic.name


@by_tag
def test_every_instant_of_an_event_is_aware(tag: str, event: type[Event]) -> None:
    for name, info in _fields(event):
        for one in _inside(info):
            if isinstance(one, inspect.DateTimeType):
                assert one.tz is True, name


@by_tag
def test_every_text_and_every_row_of_an_event_is_limited(tag: str, event: type[Event]) -> None:
    for name, info in _fields(event):
        for one in _inside(info):
            match one:
                case inspect.StrType():
                    assert one.pattern is not None or one.max_length is not None, name
                case inspect.BytesType() | inspect.VarTupleType() | inspect.ListType():
                    assert one.max_length is not None, name
                case inspect.DictType() | inspect.AnyType():
                    pytest.fail(f"{name} can hold anything")


@by_tag
def test_what_looks_personal_is_marked_personal(tag: str, event: type[Event]) -> None:
    for name, info in _fields(event):
        if PERSONAL_LOOKING.search(name.rpartition(".")[2]) and _holds_text(info):
            assert _is_marked(info), name


@by_tag
def test_patterns_are_anchored_at_both_ends(tag: str, event: type[Event]) -> None:
    for name, info in _fields(event):
        for one in _inside(info):
            if isinstance(one, inspect.StrType) and one.pattern is not None:
                assert one.pattern.startswith("^"), name
                assert one.pattern.endswith(r"$(?!\n)"), f"{name} lets a line break through at its end"


@by_tag
def test_a_number_where_a_text_is_due_is_refused(tag: str, event: type[Event]) -> None:
    payload = msgspec.json.decode(golden.payload_file(tag).read_bytes())
    first_text = next(name for name, value in payload.items() if isinstance(value, str) and name != "type")
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(payload | {first_text: 5}), type=event)


def test_every_event_class_is_declared_on_a_topic_or_travels_boxed() -> None:
    modules = (auth, documents, messaging, notifier, synthesis)
    written = {
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Event) and one is not Event
    }
    assert written <= set(EVENTS.values())
