"""Documents as it runs: real bus, store and objects; auth and messaging are played with their own users."""

import hashlib
from collections.abc import AsyncIterator

import httpx
import pytest

from chassis.ids import new_id
from contracts.documents import (
    DocumentAdded,
    DocumentHandedOver,
    HandoverRefused,
    HandoverRequested,
    HandoverRow,
    KeepRefused,
)
from stack.control import Stack
from tests.documents.conftest import AT, PDF, Desk, patient_changed
from tests.documents.neighbours import Ear, Neighbour, Sessions, objects_of

pytestmark = pytest.mark.stack


class Around:
    """A patient known to documents, and everybody around them."""

    def __init__(self, stack: Stack) -> None:
        self.auth = Neighbour(stack, "auth")
        self.messaging = Neighbour(stack, "messaging", "messaging-worker")
        self.bytes = objects_of(self.messaging)
        self.sessions = Sessions(self.auth)
        self.inaya, self.stranger = new_id(), new_id()
        self.address = stack.ports.url("documents", "")

    def browser(self, patient_id: str) -> httpx.AsyncClient:
        headers = {"cookie": self.sessions.cookie(patient_id), "accept": "text/html"}
        return httpx.AsyncClient(base_url=self.address, headers=headers)

    async def keep(self, ear: Ear, data: bytes) -> DocumentAdded | KeepRefused:
        """Hand over an attachment as messaging does, and wait for the answer."""
        source = f"attachments/{self.inaya}/{new_id()}"
        await self.bytes.put_bytes(source, data, "application/pdf")
        claim = await self.bytes.hand_over(
            consumer="documents",
            patient_id=self.inaya,
            source_key=source,
            filename="résultats.pdf",
            media_type="application/pdf",
        )
        request = Desk().keep_request(self.inaya, claim=claim)
        await self.messaging.publish(request, self.inaya)
        kind = DocumentAdded if data == PDF else KeepRefused
        return await ear.first(kind, request_id=request.request_id)


@pytest.fixture
async def around(stack: Stack) -> AsyncIterator[Around]:
    made = Around(stack)
    await made.sessions.publish()
    for patient_id in (made.inaya, made.stranger):
        await made.auth.publish(patient_changed(patient_id), patient_id)
    yield made
    made.bytes.close()


@pytest.fixture
async def ear(around: Around) -> AsyncIterator[Ear]:
    kinds = (DocumentAdded, KeepRefused, DocumentHandedOver, HandoverRefused)
    async with Ear(around.messaging, "documents.events", *kinds) as listening:
        yield listening


async def test_an_attachment_is_kept_listed_downloaded_and_handed_over_byte_for_byte(
    around: Around, ear: Ear
) -> None:
    added = await around.keep(ear, PDF)
    assert isinstance(added, DocumentAdded)
    async with around.browser(around.inaya) as browser:
        assert "Résultats de juin" in (await browser.get("/documents")).text
        address = f"/documents/{added.document_id}/telecharger"
        assert (await browser.get(address)).content == PDF
        assert (await browser.get(address, headers={"range": "bytes=1-3"})).content == PDF[1:4]
        assert added.document_id in (await browser.get(f"/documents/choisir?brouillon={new_id()}")).text
    row = HandoverRow(row_id=new_id(), document_id=added.document_id)
    asked = HandoverRequested(patient_id=around.inaya, draft_id=new_id(), rows=(row,), requested_at=AT)
    await around.messaging.publish(asked, around.inaya)
    told = await ear.first(DocumentHandedOver, row_id=row.row_id)
    assert told.claim.sha256 == hashlib.sha256(PDF).hexdigest()
    target = f"attachments/{around.inaya}/{row.row_id}"
    taken = await around.bytes.take(told.claim, producer="documents", patient_id=around.inaya, target_key=target)
    assert taken.size == len(PDF)
    assert await around.bytes.read(target, 10_000) == PDF


async def test_a_format_that_is_not_accepted_is_refused_with_its_reason(around: Around, ear: Ear) -> None:
    refused = await around.keep(ear, b"PK\x03\x04" + bytes(60))
    assert isinstance(refused, KeepRefused)
    assert refused.reason == "format"


async def test_another_patient_gets_neither_page_nor_bytes(around: Around, ear: Ear) -> None:
    added = await around.keep(ear, PDF)
    assert isinstance(added, DocumentAdded)
    async with around.browser(around.stranger) as browser:
        for address in (f"/documents/{added.document_id}", f"/documents/{added.document_id}/telecharger"):
            assert (await browser.get(address)).status_code == 404
    row = HandoverRow(row_id=new_id(), document_id=added.document_id)
    asked = HandoverRequested(patient_id=around.stranger, draft_id=new_id(), rows=(row,), requested_at=AT)
    await around.messaging.publish(asked, around.stranger)
    told = await ear.first(HandoverRefused, row_id=row.row_id)
    assert told.reason == "not-found"


async def test_a_command_that_comes_before_its_patient_waits_for_them(around: Around, ear: Ear) -> None:
    late = new_id()
    row = HandoverRow(row_id=new_id(), document_id=new_id())
    asked = HandoverRequested(patient_id=late, draft_id=new_id(), rows=(row,), requested_at=AT)
    await around.messaging.publish(asked, late)
    await around.auth.publish(patient_changed(late), late)
    assert (await ear.first(HandoverRefused, row_id=row.row_id)).patient_id == late
