"""Instants and sizes, as the guide writes them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from chassis.web import dates
from chassis.web.app import HERE
from chassis.web.language import Languages

FRENCH = Languages([])
TODAY = date(2026, 6, 11)


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime(2026, 6, 11, 8, 42, tzinfo=UTC), "10:42"),
        (datetime(2026, 6, 10, 22, 5, tzinfo=UTC), "00:05"),
        (datetime(2026, 6, 10, 8, 0, tzinfo=UTC), "hier"),
        (datetime(2026, 5, 28, 8, 0, tzinfo=UTC), "28 mai"),
        (datetime(2026, 2, 15, 8, 0, tzinfo=UTC), "15 févr."),
        (datetime(2025, 12, 31, 23, 30, tzinfo=UTC), "1er janv."),
        (datetime(2020, 12, 9, 8, 0, tzinfo=UTC), "09/12/20"),
    ],
)
def test_lists_write_dates_as_the_guide_does(at: datetime, written: str) -> None:
    assert dates.list_date(at, FRENCH, TODAY) == written


def test_the_first_of_a_month_is_an_ordinal_and_no_other_day_is() -> None:
    assert dates.day(date(2026, 5, 1)) == "1er mai 2026"
    assert dates.moment(datetime(2026, 5, 1, 8, 42, tzinfo=UTC)) == "1er mai 2026 à 10:42"
    assert dates.full_moment(datetime(2026, 5, 1, 8, 42, tzinfo=UTC)) == "vendredi 1er mai 2026 à 10:42"
    assert dates.day(date(2026, 5, 21)) == "21 mai 2026"


def test_dates_are_in_the_persons_time_zone() -> None:
    at = datetime(2026, 6, 11, 8, 42, tzinfo=UTC)
    dates.use_time_zone("Indian/Reunion")
    try:
        assert dates.list_date(at, FRENCH, TODAY) == "12:42"
        assert dates.full_moment(at) == "jeudi 11 juin 2026 à 12:42"
    finally:
        dates.use_time_zone(dates.DEFAULT_ZONE)


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (0, "0 octet"),
        (812, "812 octets"),
        (412_000, "412 Ko"),
        (999_499, "999 Ko"),
        (999_999, "1 Mo"),
        (1_240_000, "1,2 Mo"),
        (10_000_000, "10 Mo"),
    ],
)
def test_sizes_are_decimal_and_french(count: int, written: str) -> None:
    assert dates.size(count, FRENCH).replace("\N{NO-BREAK SPACE}", " ") == written


def test_zero_is_singular_in_french() -> None:
    assert FRENCH.ngettext("message", "messages", 0) == "message"
    assert FRENCH.ngettext("message", "messages", 2) == "messages"


@pytest.mark.parametrize(
    ("count", "written"), [(1, "1 byte"), (812, "812 bytes"), (412_000, "412 KB"), (1_240_000, "1.2 MB")]
)
def test_sizes_in_english(english: Languages, count: int, written: str) -> None:
    assert dates.size(count, english).replace("\N{NO-BREAK SPACE}", " ") == written


def test_dates_in_english(english: Languages) -> None:
    at = datetime(2026, 5, 28, 8, 42, tzinfo=UTC)
    assert dates.moment(at) == "28 May 2026 at 10:42"
    assert dates.clock_time(at) == "10:42"
    assert dates.list_date(datetime(2026, 6, 10, 8, 0, tzinfo=UTC), english, TODAY) == "yesterday"


@pytest.fixture
def english() -> Iterator[Languages]:
    languages = Languages([HERE.parent / "locale"])
    languages.choose("en")
    yield languages
    languages.choose("fr")
