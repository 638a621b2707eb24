"""What nobody comes back to goes, with its objects; what somebody may still want stays."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chassis.bus import Origin
from chassis.errors import BackingServiceAway
from chassis.ids import new_id
from contracts.documents import DocumentHandedOver
from messaging.attaching import ask_again, detach
from messaging.domain.model import Draft, RowState
from messaging.events import DraftFiles
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


async def test_a_file_that_was_refused_and_asked_for_again_stays_when_the_first_one_is_deleted(
    world, tidying, draft, row
):
    full = world.row(draft, size=9_999_999)
    waiting = replace(row, state=RowState.PENDING, object_key=None, sha256=None)
    world.store.put("draft_rows", waiting)
    world.objects.kept.clear()
    files = DraftFiles(world.store, world.objects)
    await arrives(world, files, waiting)
    assert world.store.kept["draft_rows"][row.id].reason == "attachments-too-large"
    await detach(world.store, INAYA, draft.id, full.id)
    await ask_again(world.store, INAYA, draft.id, row.id, at=AT)
    await arrives(world, files, waiting)
    await tidying.tidy()
    ready = world.store.kept["draft_rows"][row.id]
    assert ready.state is RowState.READY
    assert world.objects.kept[ready.object_key] == b"bytes"


async def arrives(world, files, row):
    world.objects.kept["document"] = b"bytes"
    claim = await world.objects.hand_over(
        consumer="messaging", patient_id=INAYA_ID, source_key="document", filename="a.pdf",
        media_type="application/pdf", handover_id=new_id(),
    )  # fmt: skip
    event = DocumentHandedOver(
        patient_id=INAYA_ID, draft_id=row.draft_id, row_id=row.id, document_id=new_id(), claim=claim,
        handed_over_at=AT,
    )  # fmt: skip
    origin = Origin(topic="documents.events", partition=0, offset=0, key="", event_id=new_id(), at=AT)
    stored = await files.fetch(event, origin)
    await world.store.transact(lambda tx: files.arrived(tx, event, stored))


async def test_an_object_that_cannot_be_deleted_stands_in_no_other_s_way(world, tidying, monkeypatch):
    world.objects.kept = {"a": b"", "b": b"", "c": b""}
    await world.store.discard(None, ["a", "b", "c"])
    remove = world.objects.remove

    async def stubborn(key):
        if key == "b":
            raise ValueError(key)
        await remove(key)

    monkeypatch.setattr(world.objects, "remove", stubborn)
    await tidying.tidy()
    assert list(world.objects.kept) == ["b"]
    assert list(world.store.kept["discards"]) == ["b"]


async def test_a_store_that_is_away_ends_the_turn(world, tidying, monkeypatch):
    await world.store.discard(None, ["a"])

    async def away(key):
        raise BackingServiceAway("objects")

    monkeypatch.setattr(world.objects, "remove", away)
    with pytest.raises(BackingServiceAway):
        await tidying.tidy()


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
