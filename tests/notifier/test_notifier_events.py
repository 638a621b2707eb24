"""What events leave behind: the same notices, whatever their order and number."""

import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import BackingServiceAway, Kind, kind_of
from chassis.identity.sealing import BoxUnreadable, SignatureRefused
from chassis.ids import new_id
from contracts.base import Event
from contracts.topics import BY_NAME
from notifier.errors import SealedToAnother, SigningKeyUnknown
from notifier.events import NotifierEvents
from notifier.keys import SealingKey
from tests.notifier.fakes import (
    AT,
    KEYS,
    SEALING_KEY,
    FakeKeys,
    FakeStore,
    code_issued,
    deliver,
    events_over,
    message_received,
    patient_changed,
    sealed_and_signed,
)

Deliveries = list[tuple[Event, str]]


def story() -> Deliveries:
    """Two patients in several states, letters and codes, each with its event id."""
    one, two = new_id(), new_id()
    events: list[Event] = [
        patient_changed(one, 1),
        patient_changed(one, 2, email=None),
        patient_changed(one, 3, email="new@yahoo.example"),
        patient_changed(two, 1, phone=None),
        patient_changed(two, 2, status="closed"),
        *(message_received(one) for _ in range(3)),
        message_received(two),
        code_issued(),
        code_issued("sms"),
    ]
    return [(event, new_id()) for event in events]


async def state_after(deliveries: Deliveries) -> tuple[Any, Any]:
    """What is stored in the end; what was not yet possible is delivered again, as chassis does."""
    store = FakeStore()
    handlings = events_over(store)
    pending = deliveries
    while pending:
        waiting = [one for one in pending if not await deliver(handlings, *one)]
        assert len(waiting) < len(pending)
        pending = waiting
    notices = {name: {**row, "traceparent": None} for name, row in store.notices.items()}
    return store.patients, notices


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.data())
async def test_any_order_and_any_repetition_gives_the_same_notices(
    dice: random.Random, data: st.DataObject
) -> None:
    deliveries = story()
    repeated = data.draw(st.lists(st.sampled_from(deliveries), max_size=20))
    shuffled = [*deliveries, *repeated]
    dice.shuffle(shuffled)
    assert await state_after(shuffled) == await state_after(deliveries)


async def test_a_letter_is_announced_once_under_one_message_id() -> None:
    store = FakeStore()
    handlings = events_over(store)
    patient_id = new_id()
    await deliver(handlings, patient_changed(patient_id), new_id())
    letter = message_received(patient_id)
    for _ in range(3):
        await deliver(handlings, letter, new_id())
    assert sorted(row["kind"] for row in store.notices.values()) == ["letter", "reminder"]
    assert letter.message_id in store.notices


async def test_a_letter_for_a_patient_not_known_yet_waits() -> None:
    store = FakeStore()
    assert not await deliver(events_over(store), message_received(new_id()), new_id())
    assert store.notices == {}


async def test_two_codes_of_one_challenge_are_two_notices() -> None:
    store = FakeStore()
    handlings, challenge = events_over(store), new_id()
    for code in ("111111", "222222"):
        await deliver(handlings, code_issued(challenge_id=challenge, code=code), new_id())
    assert len({row["message_id"] for row in store.notices.values()}) == 2


async def test_a_code_rests_sealed_and_its_destination_too() -> None:
    store = FakeStore()
    await deliver(events_over(store), code_issued(), new_id())
    (row,) = store.notices.values()
    at_rest = repr(row)
    assert "034567" not in at_rest
    assert "yahoo" not in at_rest
    assert row["pointless_after"] == AT + timedelta(minutes=10)


async def test_a_code_that_auth_did_not_sign_is_refused_for_good() -> None:
    issued = code_issued()
    forged = msgspec.structs.replace(issued, signature=bytes(64))
    with pytest.raises(SignatureRefused) as refused:
        await deliver(events_over(FakeStore()), forged, new_id())
    assert kind_of(refused.value) is Kind.PERMANENT


async def test_a_code_of_another_challenge_is_refused() -> None:
    swapped = msgspec.structs.replace(code_issued(), challenge_id=new_id())
    with pytest.raises(SignatureRefused):
        await deliver(events_over(FakeStore()), swapped, new_id())


async def test_a_box_that_is_not_ours_is_refused_for_good() -> None:
    other = SealingKey(b"\7" * 32)
    strange = sealed_and_signed(KEYS.open_box(code_issued().box), to=other)
    with pytest.raises(SealedToAnother) as refused:
        await deliver(events_over(FakeStore()), strange, new_id())
    assert kind_of(refused.value) is Kind.PERMANENT
    lying = msgspec.structs.replace(strange, sealing_key_id=SEALING_KEY.key_id)
    with pytest.raises(BoxUnreadable):
        await deliver(events_over(FakeStore()), lying, new_id())


async def test_a_code_waits_until_auths_keys_have_been_heard() -> None:
    store = FakeStore()
    with pytest.raises(BackingServiceAway):
        await deliver(events_over(store, FakeKeys(loaded=False, known=False)), code_issued(), new_id())
    with pytest.raises(SigningKeyUnknown) as unknown:
        await deliver(events_over(store, FakeKeys(known=False)), code_issued(), new_id())
    assert kind_of(unknown.value) is Kind.TRANSIENT


def test_the_notifier_subscribes_to_what_it_is_declared_for() -> None:
    events = NotifierEvents(FakeStore(), KEYS, FakeKeys(), domain="n.example")
    subscribed = {subscription.topic for subscription in events.subscriptions()}
    declared = {
        name for name, topic in BY_NAME.items() if any(one.service == "notifier" for one in topic.consumers)
    }
    assert subscribed == declared


def test_the_id_of_the_sealing_key_is_a_hash_of_its_public_half() -> None:
    published = SEALING_KEY.published(AT)
    assert published.key_id == SealingKey(bytes(range(32))).key_id
    assert len(published.public_key) == 32
