"""A dead letter as operators see it: why and where from; personal fields never."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from console.domain.letters import EVENTS, UNKNOWN, read_letter, shown
from contracts import golden
from tests.console.fakes import letter

PATIENT = "auth.patient-changed.v1"


def payload(tag: str) -> bytes:
    return golden.payload_file(tag).read_bytes()


def test_a_dead_letter_tells_why_where_from_and_how_often() -> None:
    facts = letter(payload(PATIENT), PATIENT).facts()
    assert facts["reason"] == "undecodable"
    assert (facts["origin_topic"], facts["origin_partition"], facts["origin_offset"]) == (
        "auth.patients",
        "3",
        "17",
    )
    assert facts["attempts"] == "4"
    assert facts["trace"] == "0af7651916cd43dd8448eb211c80319c"
    assert facts["type"] == PATIENT
    assert "value" not in facts


def test_what_is_marked_personal_is_masked_and_the_rest_shown() -> None:
    value = shown(letter(payload(PATIENT), PATIENT))
    assert value is not None
    assert value["family_name"] == value["given_name"] == "[name]"
    assert value["ins"] == "[ins]"
    assert value["email"] == "[address]"
    assert value["phone"] == "[phone]"
    assert value["patient_id"] == "01975a3c-1f60-7a10-9c4e-2b7d5e8f0a31"
    assert value["type"] == PATIENT


@pytest.mark.parametrize("tag", EVENTS)
def test_no_personal_field_of_any_event_is_ever_shown(tag: str) -> None:
    value = shown(letter(payload(tag), tag))
    assert value is not None
    raw = msgspec.json.decode(payload(tag))
    info = inspect.type_info(EVENTS[tag])
    assert isinstance(info, inspect.StructType)
    for field in info.fields:
        if "personal" in repr(field.type) and isinstance(raw[field.encode_name], str):
            assert str(value[field.encode_name]).startswith("["), field.name


def test_personal_fields_inside_other_structs_are_masked_too() -> None:
    tag = "documents.attachment-keep-requested.v1"
    value = shown(letter(payload(tag), tag))
    assert value is not None
    assert value["claim"]["filename"] == "[file-name]"
    assert value["claim"]["size"] == 1


def test_a_field_that_this_version_does_not_know_is_not_shown() -> None:
    newer = msgspec.json.encode(msgspec.json.decode(payload(PATIENT)) | {"nickname": "Nana"})
    value = shown(letter(newer, PATIENT))
    assert value is not None
    assert value["nickname"] == UNKNOWN


@given(st.binary(max_size=200))
def test_what_no_contract_can_read_is_not_shown_at_all(value: bytes) -> None:
    assert shown(letter(value, PATIENT)) is None


def test_a_value_with_text_where_an_id_is_due_is_not_shown() -> None:
    wrong = msgspec.json.encode(msgspec.json.decode(payload(PATIENT)) | {"patient_id": "Inaya Michel"})
    assert shown(letter(wrong, PATIENT)) is None


def test_an_unknown_type_is_not_shown() -> None:
    assert shown(letter(b"{}", "someone.else.v1")) is None


@given(st.lists(st.tuples(st.text(), st.one_of(st.none(), st.binary()))), st.one_of(st.none(), st.binary()))
def test_a_strange_record_is_shown_as_far_as_it_can_be_read(
    headers: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    found = read_letter("t", 0, 0, headers, value)
    assert found.facts()["bytes"] == len(value or b"")
