"""One-time codes: what is read, what opens, for how long and how often."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.domain.codes import (
    ATTEMPT_LIFE,
    CODE_LIFE,
    Challenge,
    Outcome,
    digest_of,
    new_code,
    next_send,
    read_code,
)
from tests.auth.fakes import CODE_KEY, NOW, PATIENT

CHALLENGE = Challenge(
    id="challenge", patient_id=PATIENT, destination="/", started_at=NOW, ends_at=NOW + ATTEMPT_LIFE
)


def digest(code: str) -> bytes:
    return digest_of(CODE_KEY, CHALLENGE.id, code)


@pytest.mark.parametrize(
    "typed",
    [
        "034567",
        " 034 567 ",
        "Votre code : 034 567",
        "034567 est votre code d'accès",
        "034-567",
        "034\u202f567",
        "@localhost #034567",
        "034567\n034567",
    ],
)
def test_a_code_is_read_however_it_was_pasted(typed):
    assert read_code(typed) == "034567"


@pytest.mark.parametrize("typed", ["", "03456", "0345678", "034567 ou 765432", "٠٣٤٥٦٧", "034567" + " " * 400])
def test_what_is_no_single_code_is_not_guessed_at(typed):
    assert read_code(typed) is None


@given(st.integers(min_value=0, max_value=999_999))
def test_every_code_has_six_digits_and_is_read_back(number):
    code = new_code(lambda below: number)
    assert len(code) == 6
    assert read_code(f"Votre code : {code[:3]} {code[3:]}") == code


def test_every_unexpired_code_of_one_attempt_opens():
    challenge = CHALLENGE.with_code(digest("111111"), "email", NOW)
    challenge = challenge.with_code(digest("222222"), "sms", NOW + timedelta(minutes=1))
    for code in ("111111", "222222"):
        assert challenge.tried(digest(code), NOW + timedelta(minutes=2))[1] is Outcome.RIGHT


def test_a_code_opens_once():
    used, outcome = CHALLENGE.with_code(digest("111111"), "email", NOW).tried(digest("111111"), NOW)
    assert outcome is Outcome.RIGHT
    assert used.tried(digest("111111"), NOW)[1] is Outcome.NO_TRY_LEFT


def test_a_code_is_over_after_ten_minutes():
    challenge = CHALLENGE.with_code(digest("111111"), "email", NOW)
    just_before = NOW + CODE_LIFE - timedelta(milliseconds=1)
    assert challenge.tried(digest("111111"), just_before)[1] is Outcome.RIGHT
    assert challenge.tried(digest("111111"), NOW + CODE_LIFE)[1] is Outcome.WRONG


def test_a_code_of_another_challenge_does_not_open():
    challenge = CHALLENGE.with_code(digest("111111"), "email", NOW)
    assert challenge.tried(digest_of(CODE_KEY, "another", "111111"), NOW)[1] is Outcome.WRONG


def test_after_five_wrong_tries_not_even_the_right_code_opens():
    challenge = CHALLENGE.with_code(digest("111111"), "email", NOW)
    outcomes = []
    for _ in range(5):
        challenge, outcome = challenge.tried(digest("000000"), NOW)
        outcomes.append(outcome)
    assert outcomes == [Outcome.WRONG] * 4 + [Outcome.NO_TRY_LEFT]
    assert challenge.tried(digest("111111"), NOW)[1] is Outcome.NO_TRY_LEFT


def test_tries_are_counted_over_all_codes_of_an_attempt():
    challenge = CHALLENGE.with_code(digest("111111"), "email", NOW).tried(digest("000000"), NOW)[0]
    assert challenge.with_code(digest("222222"), "email", NOW).tries_left == 4


def test_the_sixth_code_within_an_hour_waits_until_the_first_is_an_hour_old():
    sends = [NOW + timedelta(minutes=5 * number) for number in range(5)]
    at = NOW + timedelta(minutes=30)
    assert next_send(sends, at) == NOW + timedelta(hours=1)
    assert next_send(sends, NOW + timedelta(hours=1)) is None
    assert next_send(sends[:4], at) is None


def test_another_code_may_be_asked_for_after_thirty_seconds():
    challenge = CHALLENGE.with_code(digest("111111"), "email", NOW)
    assert challenge.resend_from() == NOW + timedelta(seconds=30)
