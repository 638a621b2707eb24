"""Synthesis as it runs: a profile written in forms, its PDF downloaded and fetched by messaging."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from chassis.ids import new_id
from contracts.synthesis import SynthesisFailed, SynthesisRendered, SynthesisRequested
from stack.control import Stack
from tests.documents.neighbours import Ear, Neighbour, Sessions, objects_of
from tests.synthesis.conftest import AT, patient_changed

pytestmark = pytest.mark.stack


@pytest.fixture
async def inaya_id(stack: Stack) -> str:
    """A patient whom auth has told of."""
    patient_id, auth = new_id(), Neighbour(stack, "auth")
    await auth.publish(patient_changed(patient_id), patient_id)
    return patient_id


@pytest.fixture
async def browser(stack: Stack, inaya_id: str) -> AsyncIterator[httpx.AsyncClient]:
    sessions = Sessions(Neighbour(stack, "auth"))
    await sessions.publish()
    headers = {"cookie": sessions.cookie(inaya_id), "accept": "text/html", "sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(base_url=stack.ports.url("synthesis", ""), headers=headers) as client:
        yield client


@pytest.fixture
async def messaging(stack: Stack) -> Neighbour:
    return Neighbour(stack, "messaging", "messaging-worker")


@pytest.fixture
async def ear(messaging: Neighbour) -> AsyncIterator[Ear]:
    async with Ear(messaging, "synthesis.events", SynthesisRendered, SynthesisFailed) as listening:
        yield listening


async def test_a_profile_written_in_a_form_reaches_messaging_as_the_pdf_the_patient_sees(
    browser: httpx.AsyncClient, messaging: Neighbour, ear: Ear, inaya_id: str
) -> None:
    first = SynthesisRequested(patient_id=inaya_id, draft_id=new_id(), row_id=new_id(), requested_at=AT)
    await messaging.publish(first, inaya_id)
    assert (await ear.first(SynthesisFailed, row_id=first.row_id)).reason == "profile-empty"

    form = (await browser.get("/profil/traitements/nouveau")).text
    action = re.search(r'action="(/profil/traitements/[^"]+)"', form)
    assert action
    typed = {"revision": "0", "name": "Lévothyrox", "dose": "75 µg", "since": "03/2019"}
    assert (await browser.post(action[1], data=typed)).status_code == 303
    assert "Lévothyrox" in (await browser.get("/profil/traitements")).text

    second = SynthesisRequested(patient_id=inaya_id, draft_id=new_id(), row_id=new_id(), requested_at=AT)
    await messaging.publish(second, inaya_id)
    told = await ear.first(SynthesisRendered, row_id=second.row_id)
    objects, target = objects_of(messaging), f"attachments/{inaya_id}/{second.row_id}"
    await objects.take(told.claim, producer="synthesis", patient_id=inaya_id, target_key=target)
    shown = await browser.get("/profil/synthese")
    assert shown.content.startswith(b"%PDF-")
    assert await objects.read(target, 1_000_000) == shown.content
    objects.close()
