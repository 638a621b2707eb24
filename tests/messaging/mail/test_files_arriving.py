"""Files that other services hand over to drafts: in any order, any number of times."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chassis.bus import Origin
from chassis.ids import new_id
from chassis.objects import StoredObject
from contracts.base import Claim
from contracts.documents import DocumentHandedOver, HandoverRefused
from messaging.domain.model import Draft, DraftRow, RowSource, RowState
from messaging.events import DraftFiles
from tests.messaging.fakes import FakeStore

AT = datetime(2026, 6, 9, 8, 0, tzinfo=UTC)
PATIENT_ID = new_id()
ORIGIN = Origin(topic="documents.events", partition=0, offset=0, key="", event_id=new_id(), at=AT)


class Taker:
    """Objects that hand over what a claim names."""

    async def take(self, claim: Claim, *, producer: str, patient_id: str, target_key: str) -> StoredObject:
        assert producer == "documents"
        return StoredObject(key=target_key, size=claim.size, sha256=claim.sha256)


def pending(draft: Draft, size: int) -> DraftRow:
    return DraftRow(
        id=new_id(), patient_id=PATIENT_ID, draft_id=draft.id, source=RowSource.DOCUMENT, state=RowState.PENDING,
        filename="?", media_type="application/pdf", size=size, requested_at=AT,
    )  # fmt: skip


async def drafting(*sizes: int) -> tuple[FakeStore, DraftFiles, list[DraftRow]]:
    store = FakeStore()
    draft = Draft(id=new_id(), patient_id=PATIENT_ID, conversation_id=new_id(), created_at=AT, updated_at=AT)
    rows = [pending(draft, size) for size in sizes]
    store.put("drafts", draft)
    store.put("draft_rows", *rows)
    return store, DraftFiles(store, Taker()), rows  # type: ignore[arg-type]


def handed_over(row: DraftRow, size: int) -> DocumentHandedOver:
    key = f"handover/messaging/{row.patient_id}/{new_id()}"
    claim = Claim(key=key, sha256="1" * 64, size=size, media_type="application/pdf", filename="Ordonnance.pdf")
    return DocumentHandedOver(
        patient_id=row.patient_id, draft_id=row.draft_id, row_id=row.id, document_id=new_id(), claim=claim,
        handed_over_at=AT,
    )  # fmt: skip


async def arrive(store: FakeStore, files: DraftFiles, event: DocumentHandedOver) -> None:
    stored = await files.fetch(event, ORIGIN)
    await store.transact(lambda tx: files.arrived(tx, event, stored))


async def test_a_file_handed_over_is_ready_once_however_often_it_comes() -> None:
    store, files, (row,) = await drafting(10)
    event = handed_over(row, 123)
    for _ in range(2):
        await arrive(store, files, event)
    (now_there,) = await store.draft_rows(PATIENT_ID, row.draft_id)
    assert (now_there.state, now_there.filename, now_there.size) == (RowState.READY, "Ordonnance.pdf", 123)


@pytest.mark.parametrize("masked", [True, False])
async def test_a_file_is_known_as_masked_from_professionals_when_documents_says_so(masked: bool) -> None:
    store, files, (row,) = await drafting(10)
    await arrive(store, files, replace(handed_over(row, 123), masked=masked))
    assert (await store.draft_row(PATIENT_ID, row.draft_id, row.id)).masked is masked


async def test_a_file_that_makes_the_draft_too_large_is_refused_when_it_arrives() -> None:
    store, files, (row, _) = await drafting(10, 6_000_000)
    await arrive(store, files, handed_over(row, 5_000_000))
    refused = await store.draft_row(PATIENT_ID, row.draft_id, row.id)
    assert (refused.state, refused.reason) == (RowState.REFUSED, "attachments-too-large")


async def test_an_answer_for_a_file_that_is_gone_or_anothers_is_dropped() -> None:
    store, files, (row,) = await drafting(10)
    await arrive(store, files, replace(handed_over(row, 5), patient_id=new_id()))
    await arrive(store, files, replace(handed_over(row, 5), draft_id=new_id()))
    assert (await store.draft_row(PATIENT_ID, row.draft_id, row.id)).state is RowState.PENDING


async def test_a_refused_file_says_why() -> None:
    store, files, (row,) = await drafting(10)
    event = HandoverRefused(
        patient_id=PATIENT_ID, draft_id=row.draft_id, row_id=row.id, reason="unknown-document", refused_at=AT
    )
    await store.transact(lambda tx: files.refused(tx, event, None))
    assert (await store.draft_row(PATIENT_ID, row.draft_id, row.id)).reason == "unknown-document"


@given(st.permutations(["arrived", "refused", "arrived", "refused"]))
async def test_what_became_of_a_draft_s_file_does_not_depend_on_order(order: list[str]) -> None:
    store, files, (row,) = await drafting(10)
    there = handed_over(row, 123)
    refused = HandoverRefused(
        patient_id=PATIENT_ID, draft_id=row.draft_id, row_id=row.id, reason="not-found", refused_at=AT
    )
    for what in order:
        if what == "arrived":
            await arrive(store, files, there)
        else:
            await store.transact(lambda tx: files.refused(tx, refused, None))
    found = await store.draft_row(PATIENT_ID, row.draft_id, row.id)
    assert (found.state, found.reason, found.size) == (RowState.READY, None, 123)
