"""What may be kept among the documents, and under what name."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import keeping


@pytest.mark.parametrize(
    "media_type",
    ["image/jpeg", "application/pdf", "text/rtf", "image/tiff", "text/plain", "image/png"],
)
def test_the_guide_s_formats_may_be_kept_below_five_million_bytes(media_type):
    assert keeping.may_be_kept(media_type, 4_999_999)
    assert not keeping.may_be_kept(media_type, 5_000_000)


@pytest.mark.parametrize("media_type", ["application/vnd.ms-excel", "application/zip", "text/html"])
def test_other_formats_can_only_be_downloaded(media_type):
    assert not keeping.may_be_kept(media_type, 10)


def test_an_empty_file_is_not_kept():
    assert not keeping.may_be_kept("application/pdf", 0)


def test_the_proposed_name_is_the_file_s_without_ending_and_without_forbidden_characters():
    assert keeping.proposed_title("Résultats_d'analyses (M.Leguellec).pdf") == "Résultats_d analyses M Leguellec"
    assert keeping.proposed_title("sans point") == "sans point"
    assert keeping.proposed_title(".pdf") == "pdf"


def test_a_proposed_name_is_always_accepted_unless_nothing_is_left():
    assert len(keeping.proposed_title("x" * 200 + ".pdf")) == 50
    assert keeping.title_fault(keeping.proposed_title("a" * 49 + " b.pdf")) is None


@pytest.mark.parametrize(
    ("title", "fault"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("x" * 51, "too-long"),
        ("a/b", "forbidden"),
        ("a\x00b", "forbidden"),
        ("Résultats \u202e", "forbidden"),
        ("Résultats de mars", None),
    ],
)
def test_a_name_is_refused_with_its_reason(title, fault):
    assert keeping.title_fault(title) == fault


@given(st.text(max_size=80))
def test_a_cleaned_name_can_be_taken_as_it_is(text):
    cleaned = keeping.cleaned_title(text)
    assert keeping.title_fault(cleaned) in (None, "empty")
    assert keeping.cleaned_title(cleaned) == cleaned


def test_every_character_the_guide_lists_is_forbidden():
    for character in "<>\"«»=()+'’‘`.,;:&?![]{}|/%@~^§¤²µ\\":
        assert keeping.title_fault(f"a{character}b") == "forbidden"


def test_a_document_is_not_dated_in_the_future():
    today = date(2026, 6, 9)
    assert keeping.date_fault(today, today) is None
    assert keeping.date_fault(date(2026, 6, 10), today) == "future"
    assert keeping.date_fault(None, today) == "missing"


def test_a_type_is_one_of_the_list():
    assert keeping.type_fault("laboratory") is None
    assert keeping.type_fault("invented") == "unknown"
