"""Rows go when they have had their time, also where an earlier version made the index."""

from datetime import timedelta

import pytest
from pymongo import ASCENDING, IndexModel

from chassis.clock import now
from chassis.ids import new_id
from chassis.store.expiry import Expiry
from tests.chassis.conftest import TrialStore

pytestmark = pytest.mark.stack


@pytest.fixture
def leaving(store: TrialStore, monkeypatch: pytest.MonkeyPatch) -> TrialStore:
    """A store whose visits expire."""
    monkeypatch.setattr(store, "INDEXES", {"visits": (IndexModel([("until", ASCENDING)]),)})
    monkeypatch.setattr(store, "EXPIRING", {"visits": "until"})
    return store


async def test_rows_are_deleted_once_they_are_past_and_no_sooner(leaving: TrialStore) -> None:
    await leaving.prepare()
    past, future, none = new_id(), new_id(), new_id()
    rows = [{"_id": past, "until": now()}, {"_id": future, "until": now() + timedelta(hours=1)}, {"_id": none}]
    await leaving.collection("visits").insert_many(rows)
    await Expiry(leaving).sweep()
    left = {row["_id"] async for row in leaving.collection("visits").find({"_id": {"$in": [past, future, none]}})}
    assert left == {future, none}


async def test_an_index_that_an_earlier_version_made_with_other_options_serves_as_it_is(
    leaving: TrialStore,
) -> None:
    visits = leaving.collection("visits")
    await visits.create_index([("until", ASCENDING)], expireAfterSeconds=3_600)
    await leaving.prepare()
    await leaving.prepare()
    await Expiry(leaving).sweep()
