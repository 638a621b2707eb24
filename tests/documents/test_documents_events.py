"""Keeping attachments and handing documents over, with fakes of documents' own interfaces."""

import asyncio
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.ids import new_id
from contracts.documents import (
    DocumentAdded,
    DocumentHandedOver,
    HandoverRefused,
    HandoverRequested,
    HandoverRow,
    KeepRefused,
)
from documents.domain.document import document_id_for
from tests.documents.conftest import AT, PDF, Desk, patient_changed


def handover(patient_id: str, *document_ids: str) -> HandoverRequested:
    rows = tuple(HandoverRow(row_id=new_id(), document_id=document_id) for document_id in document_ids)
    return HandoverRequested(patient_id=patient_id, draft_id=new_id(), rows=rows, requested_at=AT)


async def test_a_kept_attachment_is_among_the_documents_and_messaging_is_told(desk: Desk, inaya: str) -> None:
    request = desk.keep_request(inaya)
    await desk.deliver(request)
    document = await desk.store.document(inaya, document_id_for(request.request_id))
    assert document is not None
    assert (document.title, document.filename, document.size) == (
        "Résultats de juin",
        "Résultats de juin.pdf",
        len(PDF),
    )
    assert desk.objects.objects[document.object_key] == PDF
    [told] = desk.store.published
    assert isinstance(told, DocumentAdded)
    assert (told.document_id, told.request_id) == (document.id, request.request_id)
    assert [record["action"] for record in desk.store.audited] == ["document-kept"]


async def test_keeping_twice_makes_one_document(desk: Desk, inaya: str) -> None:
    request = desk.keep_request(inaya)
    await desk.deliver(request)
    await desk.deliver(request)
    assert len(desk.store.documents) == 1
    assert desk.store.counts[inaya][""] == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"data": b""}, "empty"),
        ({"data": bytes(5_000_000)}, "too-large"),
        ({"data": b"PK\x03\x04" + bytes(40)}, "format"),
        ({"title": "Résultats : juin"}, "title"),
        ({"type_code": "horoscope"}, "type"),
        ({"dated": date(2026, 6, 11)}, "date"),
    ],
)
async def test_a_refusal_says_why_and_leaves_nothing(
    desk: Desk, inaya: str, fields: dict[str, Any], reason: str
) -> None:
    request = desk.keep_request(inaya, **fields)
    await desk.deliver(request)
    [told] = desk.store.published
    assert isinstance(told, KeepRefused)
    assert (told.request_id, told.reason) == (request.request_id, reason)
    assert not desk.store.documents
    assert not desk.objects.objects


async def test_a_claim_for_another_patients_bytes_is_refused(desk: Desk, inaya: str) -> None:
    request = desk.keep_request(inaya)
    stolen = desk.keep_request(new_id(), claim=request.claim)
    await desk.deliver(patient_changed(stolen.patient_id))
    await desk.deliver(stolen)
    [told] = desk.store.published
    assert isinstance(told, KeepRefused)
    assert told.reason == "claim-refused"
    assert not desk.store.documents


async def test_bytes_that_changed_on_the_way_are_refused(desk: Desk, inaya: str) -> None:
    request = desk.keep_request(inaya)
    spoilt = msgspec.structs.replace(request, claim=msgspec.structs.replace(request.claim, sha256="0" * 64))
    await desk.deliver(spoilt)
    [told] = desk.store.published
    assert isinstance(told, KeepRefused)
    assert told.reason == "claim-mismatch"


async def test_a_document_is_handed_over_to_the_draft_row(desk: Desk, inaya: str) -> None:
    request = desk.keep_request(inaya)
    await desk.deliver(request)
    asked = handover(inaya, document_id_for(request.request_id))
    await desk.deliver(asked)
    told = desk.store.published[-1]
    assert isinstance(told, DocumentHandedOver)
    assert (told.draft_id, told.row_id) == (asked.draft_id, asked.rows[0].row_id)
    assert desk.objects.objects[told.claim.key] == PDF
    assert told.claim.filename == "Résultats de juin.pdf"
    assert not told.masked


async def test_a_handover_tells_that_the_document_is_masked_from_professionals(desk: Desk, inaya: str) -> None:
    request = desk.keep_request(inaya, masked=True)
    await desk.deliver(request)
    await desk.deliver(handover(inaya, document_id_for(request.request_id)))
    told = desk.store.published[-1]
    assert isinstance(told, DocumentHandedOver)
    assert told.masked


async def test_another_patients_document_is_not_handed_over_and_the_attempt_is_recorded(
    desk: Desk, inaya: str
) -> None:
    request = desk.keep_request(inaya)
    await desk.deliver(request)
    stranger = new_id()
    await desk.deliver(patient_changed(stranger))
    await desk.deliver(handover(stranger, document_id_for(request.request_id), new_id()))
    [_, first, second] = desk.store.published
    assert isinstance(first, HandoverRefused)
    assert isinstance(second, HandoverRefused)
    assert first.reason == second.reason == "not-found"
    refused = [record for record in desk.store.audited if record["outcome"] == "refused"]
    assert [(record["patient_id"], record["object_id"]) for record in refused] == [
        (stranger, document_id_for(request.request_id))
    ]


async def test_an_event_for_a_patient_not_known_yet_waits(desk: Desk) -> None:
    request = desk.keep_request(new_id())
    assert not await desk.deliver(request)
    assert not await desk.deliver(handover(request.patient_id, new_id()))
    assert not desk.store.published


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_same_events_in_any_order_any_number_of_times_give_the_same_state(data: st.DataObject) -> None:
    first, second = new_id(), new_id()
    source = Desk()
    events: list[Any] = [
        patient_changed(first, 1),
        patient_changed(first, 2, given_name="Inaya Rose"),
        patient_changed(second),
    ]
    keeps = [
        source.keep_request(first),
        source.keep_request(first, type_code="reports"),
        source.keep_request(second, data=b"Bonjour"),
        source.keep_request(second, title="!"),
    ]
    events += [*keeps, handover(first, document_id_for(keeps[0].request_id))]
    delivered = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=8))))
    assert asyncio.run(state_after(source, delivered)) == asyncio.run(state_after(source, events))


async def state_after(source: Desk, events: list[Any]) -> Any:
    desk = Desk()
    desk.objects.handed = source.objects.handed
    waiting = [event for event in events if not await desk.deliver(event)]
    assert all([await desk.deliver(event) for event in waiting])
    return desk.store.state
