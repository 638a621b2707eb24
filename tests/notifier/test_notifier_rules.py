"""The notifier's rules: Message-IDs, times, SMS letters, tokens, paces."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.hours import clock_time
from notifier.domain.notices import Kind, kept_until, message_id, pointless_after
from notifier.domain.pace import Allowance, next_try
from notifier.domain.texting import gsm7, is_gsm7
from notifier.domain.views import (
    VIEW_HOLDS,
    looks_like_token,
    may_be_viewed,
    view_hash,
    view_key,
    view_token,
)

AT = datetime(2026, 6, 9, 12, 40, 59, tzinfo=UTC)


def test_the_message_id_of_an_event_is_always_the_same_and_does_not_show_its_id() -> None:
    source = "01975a3c-1f60-7a10-9c4e-2b7d5e8f0a31"
    first = message_id(Kind.LETTER, source, "notices.example")
    assert first == message_id(Kind.LETTER, source, "notices.example")
    assert source not in first
    assert first.startswith("<")
    assert first.endswith("@notices.example>")


def test_two_notices_never_share_a_message_id() -> None:
    ids = {message_id(kind, source, "n.example") for kind in Kind for source in ("a", "b", "c")}
    assert len(ids) == 3 * len(Kind)


def test_a_letter_is_announced_within_48_hours_or_never() -> None:
    assert pointless_after(AT) - AT == timedelta(hours=48)


def test_the_row_of_a_letter_outlives_its_browser_view() -> None:
    assert kept_until(Kind.LETTER, AT) - AT > VIEW_HOLDS


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Paris", "14 h 40"),
        ("Indian/Reunion", "16 h 40"),
        ("America/Guadeloupe", "8 h 40"),
        ("Nowhere/Land", "14 h 40"),
        ("../etc/passwd", "14 h 40"),
    ],
)
def test_a_clock_time_is_the_patients(zone: str, shown: str) -> None:
    assert clock_time(AT, zone) == shown


def test_the_minute_of_a_clock_time_has_two_digits() -> None:
    assert clock_time(AT.replace(minute=5), "Europe/Paris") == "14 h 05"


@given(st.text())
def test_whatever_is_written_fits_the_alphabet_of_sms(text: str) -> None:
    assert is_gsm7(gsm7(text))


def test_what_french_needs_survives_in_an_sms() -> None:
    assert gsm7("Votre code d’accès à l'œuvre : «é ê ç»") == "Votre code d'accès à l'oeuvre : \"é e c\""


@given(st.text(min_size=1, max_size=40))
def test_a_token_looks_like_one_and_says_nothing_of_its_notice(notice_id: str) -> None:
    token = view_token(view_key(bytes(32)), notice_id)
    assert looks_like_token(token)
    assert view_hash(token) != token


def test_without_the_key_nobody_makes_the_token_of_a_notice() -> None:
    assert view_token(view_key(bytes(32)), "n") != view_token(view_key(b"\1" * 32), "n")


@pytest.mark.parametrize("text", ["", "a" * 42, "a" * 44, "a" * 42 + "/", "a" * 42 + "é", "a" * 43 + "\n"])
def test_what_is_no_token_is_not_looked_up(text: str) -> None:
    assert not looks_like_token(text)


def test_a_notice_can_be_viewed_for_30_days() -> None:
    assert may_be_viewed(AT, AT + timedelta(days=30))
    assert not may_be_viewed(AT, AT + timedelta(days=30, seconds=1))


@given(st.sampled_from(Kind), st.integers(min_value=1, max_value=10_000), st.floats(0, 1, exclude_max=True))
def test_a_next_try_is_later_and_never_much_later(kind: Kind, attempts: int, jitter: float) -> None:
    pause = next_try(kind, AT, attempts, jitter) - AT
    assert timedelta(seconds=1) <= pause <= timedelta(minutes=23)


def test_a_code_is_tried_again_within_half_a_minute() -> None:
    assert next_try(Kind.CODE, AT, 50, 0.99) - AT <= timedelta(seconds=30)


def test_pauses_grow() -> None:
    pauses = [next_try(Kind.LETTER, AT, attempts, 0.5) - AT for attempts in range(1, 8)]
    assert pauses == sorted(set(pauses))


def test_an_allowance_is_spent_and_grows_again() -> None:
    allowance = Allowance(rate=2.0, at=0.0)
    assert [allowance.spend(0.0) for _ in range(3)] == [True, True, False]
    assert allowance.spend(0.6)
    assert not allowance.spend(0.6)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    allowance = Allowance(rate=1.0, at=100.0)
    assert allowance.spend(100.0)
    assert not allowance.spend(0.0)


@pytest.mark.parametrize("text", ["[", "]", "€", "^"])
def test_what_would_cost_two_letters_is_replaced(text: str) -> None:
    assert is_gsm7(gsm7(text))
