"""What may become a document, told without any I/O."""

import re
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from chassis.document_types import LABELS
from contracts.base import UUID_PATTERN
from contracts.documents import TYPE_CODES
from documents.domain.document import Refusal, document_id_for, refusal_of_size
from documents.domain.listing import Place, place_from


def test_a_document_is_smaller_than_five_million_bytes() -> None:
    assert refusal_of_size(4_999_999) is None
    assert refusal_of_size(5_000_000) is Refusal.TOO_LARGE
    assert refusal_of_size(0) is Refusal.EMPTY


def test_every_type_of_document_has_its_words() -> None:
    assert tuple(LABELS) == TYPE_CODES


@given(st.uuids(version=4), st.integers(0, 2**48 - 1))
def test_a_request_always_makes_the_same_document_id(drawn: object, instant: int) -> None:
    moment = f"{instant:012x}"
    request_id = f"{moment[:8]}-{moment[8:]}-7{str(drawn)[15:]}"
    made = document_id_for(request_id)
    assert made == document_id_for(request_id) != request_id
    assert re.fullmatch(UUID_PATTERN, made)
    assert made[:13] == request_id[:13]


def test_a_place_in_a_list_survives_its_address() -> None:
    place = Place(date(2026, 6, 9), "01975a3c-1f60-7a10-9c4e-2b7d5e8f0a31")
    assert place_from(str(place)) == place
    assert place_from("hier.abc") is None
    assert place_from("") is None
    assert datetime(2026, 6, 9, tzinfo=UTC).date() == place.dated
