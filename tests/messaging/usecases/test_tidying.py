"""What nobody comes back to goes, with its objects; what somebody may still want stays."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chassis.ids import new_id
from messaging.attaching import detach
from messaging.domain.model import Draft
from messaging.removing import remove_draft
from messaging.tidying import Tidying
from tests.messaging.people import AT, INAYA, INAYA_ID, World


class Clock:
    at = AT

    def __call__(self):
        return self.at


@pytest.fixture
def world():
    return World()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tidying(world, clock):
    return Tidying(world.store, world.objects, clock)


@pytest.fixture
def draft(world):
    letter = world.letter()
    draft = Draft(id=new_id(), patient_id=INAYA_ID, conversation_id=letter.id, created_at=AT, updated_at=AT)
    world.store.put("drafts", draft)
    return draft


@pytest.fixture
def row(world, draft):
    row = world.row(draft)
    world.objects.kept[row.object_key] = b"bytes"
    return row


async def test_the_object_of_a_file_taken_off_is_deleted(world, tidying, draft, row):
    await detach(world.store, INAYA, draft.id, row.id)
    await tidying.tidy()
    assert world.objects.kept == {}
    assert world.store.kept["discards"] == {}


async def test_a_draft_thrown_away_keeps_its_files_for_a_day(world, tidying, clock, draft, row):
    await remove_draft(world.store, INAYA, draft.id, at=AT)
    clock.at = AT + timedelta(hours=23)
    await tidying.tidy()
    assert (len(world.store.kept["draft_rows"]), len(world.objects.kept)) == (1, 1)
    clock.at = AT + timedelta(hours=25)
    await tidying.tidy()
    assert (world.store.kept["drafts"], world.store.kept["draft_rows"], world.objects.kept) == ({}, {}, {})


async def test_an_empty_draft_that_nobody_came_back_to_goes(world, tidying, clock, draft):
    clock.at = AT + timedelta(minutes=59)
    await tidying.tidy()
    assert world.store.kept["drafts"][draft.id].removed_at is None
    clock.at = AT + timedelta(minutes=61)
    await tidying.tidy()
    assert world.store.kept["drafts"][draft.id].removed_at == clock.at


async def test_a_draft_with_text_or_a_file_stays(world, tidying, clock, draft, row):
    world.store.put("drafts", replace(draft, id=new_id(), text="x", blank=False))
    clock.at = AT + timedelta(days=300)
    await tidying.tidy()
    assert [one.removed_at for one in world.store.kept["drafts"].values()] == [None, None]
