"""Rows expire by a loop of ours, in every collection (ADR 0070)."""

from typing import Any

import pytest

from auth.store.store import AuthStore
from chassis.store import Store
from chassis.store.store import CHASSIS_INDEXES
from messaging.store import MessagingStore
from notifier.store import NotifierStore


def expiring_of(store: type[Store[Any]]) -> dict[str, str]:
    return dict(store.expiring(object.__new__(store)))


@pytest.mark.parametrize("store", [Store, AuthStore, MessagingStore, NotifierStore])
def test_no_collection_is_left_to_the_stores_own_expiry(store: type[Store[Any]]) -> None:
    indexes = {**CHASSIS_INDEXES, **store.INDEXES}
    left = {
        name for name, declared in indexes.items() for index in declared if "expireAfterSeconds" in index.document
    }
    assert left == set()


@pytest.mark.parametrize("store", [Store, AuthStore, MessagingStore, NotifierStore])
def test_each_field_that_says_when_a_row_expires_has_its_index(store: type[Store[Any]]) -> None:
    indexes = {**CHASSIS_INDEXES, **store.INDEXES}
    indexed = {
        (name, next(iter(index.document["key"]))) for name, declared in indexes.items() for index in declared
    }
    assert set(expiring_of(store).items()) - indexed == set()


def test_forms_that_were_kept_expire() -> None:
    assert expiring_of(Store)["kept_forms"] == "expires_at"
