"""What was released once is still written and read the same."""

from pathlib import Path

import msgspec
import pytest

from contracts import golden
from contracts.base import Event

EVENTS = golden.events()
by_tag = pytest.mark.parametrize(("tag", "event"), EVENTS.items(), ids=EVENTS.keys())


@by_tag
def test_every_event_has_its_golden_schema_and_payload(tag: str, event: type[Event]) -> None:
    assert golden.schema_file(tag).exists(), "run: python -m contracts.golden write"
    assert golden.payload_file(tag).exists(), "run: python -m contracts.golden write"


@by_tag
def test_the_golden_schema_is_todays(tag: str, event: type[Event]) -> None:
    assert golden.schema_file(tag).read_text(encoding="utf-8") == golden.schema_of(event)


@by_tag
def test_the_golden_payload_decodes_strictly_and_is_written_again_the_same(tag: str, event: type[Event]) -> None:
    payload = golden.payload_file(tag).read_bytes()
    decoded = msgspec.json.decode(payload, type=event, strict=True)
    assert msgspec.json.decode(msgspec.json.encode(decoded)) == msgspec.json.decode(payload)


@by_tag
def test_every_payload_ever_released_still_decodes(tag: str, event: type[Event]) -> None:
    for path in golden.released_payloads(tag):
        assert isinstance(msgspec.json.decode(path.read_bytes(), type=event, strict=True), event)


@by_tag
def test_a_reader_skips_a_field_that_a_newer_writer_added(tag: str, event: type[Event]) -> None:
    payload = msgspec.json.decode(golden.payload_file(tag).read_bytes())
    newer = msgspec.json.encode(payload | {"a_field_of_tomorrow": {"with": ["anything"]}})
    assert msgspec.json.decode(newer, type=event) == msgspec.convert(payload, event)


@by_tag
def test_a_payload_of_another_version_is_refused(tag: str, event: type[Event]) -> None:
    payload = msgspec.json.decode(golden.payload_file(tag).read_bytes())
    other = msgspec.json.encode(payload | {"type": tag.replace(".v1", ".v99")})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(other, type=event)


def test_no_golden_file_is_left_of_an_event_that_is_gone() -> None:
    tags = {path.name.split(".schema")[0].split(".payload")[0] for path in golden.FOLDER.glob("*.json")}
    assert tags == set(EVENTS)


def test_a_released_form_is_replaced_only_when_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(golden, "FOLDER", tmp_path)
    golden.write_missing()
    tag = next(iter(EVENTS))
    golden.payload_file(tag).write_text("{}", encoding="utf-8")
    assert golden.write_missing() == []
    assert [change.path for change in golden.changed()] == [golden.payload_file(tag)]


def test_a_payload_that_is_replaced_is_kept_aside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(golden, "FOLDER", tmp_path)
    golden.write_missing()
    tag = next(iter(EVENTS))
    golden.payload_file(tag).write_text("{}", encoding="utf-8")
    for change in golden.changed():
        golden.replace(change)
    assert [path.name for path in golden.released_payloads(tag)] == [
        f"{tag}.payload.1.json",
        f"{tag}.payload.json",
    ]
    assert golden.changed() == []
