"""A short slice of `make fuzz` with every run of the tests: no crash, no hang, nothing hidden."""

import time

import pytest

from tests.fuzz.mutations import spoiled
from tests.fuzz.trial import tried

SEED = 7
LETTERS = 1_600
AT_ONCE = 200


@pytest.mark.parametrize("start", range(0, LETTERS, AT_ONCE))
def test_spoiled_letters_are_shown_or_shown_with_their_raw_file(start: int) -> None:
    for number in range(start, start + AT_ONCE):
        begun = time.process_time()
        tried(spoiled(SEED, number))
        assert time.process_time() - begun < 10, f"letter {number} of seed {SEED}"


def test_a_seed_and_a_number_always_make_the_same_letter() -> None:
    assert [spoiled(1, number) for number in range(20)] == [spoiled(1, number) for number in range(20)]
