"""Every state and reason that a delivery can have is said in words."""

from typing import get_args

from contracts.messaging import DeliveryState
from messaging.domain.reasons import DeliveryReason
from messaging.web import words


def test_every_reason_of_a_failed_reply_has_its_words() -> None:
    assert set(words.DELIVERY_REASONS) == set(DeliveryReason)


def test_every_state_of_a_reply_has_its_words() -> None:
    assert set(words.DELIVERY_WORDS) == set(get_args(DeliveryState))
