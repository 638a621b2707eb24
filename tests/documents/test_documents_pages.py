"""The pages of documents, asked for through the real web layer over fakes."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest

from chassis.identity import Identity, TokenMissing
from chassis.ids import new_id
from chassis.readiness import Readiness
from chassis.web import create_app
from contracts.messaging import DocumentsSent
from documents.app import CONTROLLERS, PAGES
from documents.domain.document import document_id_for
from tests.documents.conftest import AT, PDF, Desk, patient_changed
from tests.documents.fakes import FakePreviewer

ORIGIN = "http://localhost:8080"


class KnownPatients:
    """A guard for which a patient's id is the token."""

    keys_loaded = True

    def identify(self, token: str | None, *, unsafe: bool) -> Identity:
        if not token:
            raise TokenMissing("none")
        later = datetime.now(UTC) + timedelta(hours=1)
        return Identity(
            patient_id=token, actor=token, session_id=new_id(), expires_at=later, session_ends_at=later
        )


@pytest.fixture
async def browser(desk: Desk, inaya: str) -> AsyncIterator[httpx.AsyncClient]:
    """Inaya's browser."""
    app = create_app(
        settings=SimpleNamespace(public_origin=ORIGIN, service_name="Mon espace santé", development=False),
        controllers=CONTROLLERS,
        pages=PAGES,
        guard=KnownPatients(),
        readiness=Readiness("documents"),
        stopping=asyncio.Event(),
        dependencies={"store": desk.store, "objects": desk.objects, "previewer": FakePreviewer()},
    )
    headers = {"cookie": f"__Host-pli={inaya}", "accept": "text/html", "sec-fetch-mode": "navigate"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client


async def keep(desk: Desk, patient_id: str, **fields: object) -> str:
    request = desk.keep_request(patient_id, **fields)
    await desk.deliver(request)
    return document_id_for(request.request_id)


async def test_an_empty_list_says_what_will_appear_there(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/documents")
    assert answer.status_code == 200
    assert "Je n'ai pas de documents de santé" in answer.text


async def test_the_list_shows_the_newest_first_and_goes_on_after_fifty(
    browser: httpx.AsyncClient, desk: Desk, inaya: str
) -> None:
    for number in range(53):
        await keep(desk, inaya, title=f"Document {number:02}", dated=date(2026, 1, 1) + timedelta(number))
    first = (await browser.get("/documents")).text
    assert re.findall(r"Document (\d\d)</a>", first) == [f"{number:02}" for number in range(52, 2, -1)]
    assert "53 documents" in first
    following = re.search(r'href="(/documents\?[^"]*apres[^"]*)"', first)
    assert following
    second = (await browser.get(following[1].replace("&amp;", "&"))).text
    assert re.findall(r"Document (\d\d)</a>", second) == ["02", "01", "00"]


async def test_the_list_can_be_narrowed_to_a_category_and_turned_round(
    browser: httpx.AsyncClient, desk: Desk, inaya: str
) -> None:
    await keep(desk, inaya, title="Bilan", dated=date(2026, 1, 1))
    await keep(desk, inaya, title="Bilan 2", dated=date(2026, 2, 1))
    await keep(desk, inaya, title="Ordonnance", type_code="prescriptions-care")
    shown = (await browser.get("/documents?categorie=laboratory&ordre=anciens")).text
    assert re.findall(r"<a href=\"/documents/[0-9a-f-]+\">([^<]+)</a>", shown) == ["Bilan", "Bilan 2"]


async def test_a_document_is_downloaded_whole_or_in_part_and_recorded_once(
    browser: httpx.AsyncClient, desk: Desk, inaya: str
) -> None:
    document_id = await keep(desk, inaya)
    whole = await browser.get(f"/documents/{document_id}/telecharger")
    assert (whole.status_code, whole.content) == (200, PDF)
    assert "R%C3%A9sultats%20de%20juin.pdf" in whole.headers["content-disposition"]
    part = await browser.get(f"/documents/{document_id}/telecharger", headers={"range": "bytes=5-7"})
    assert (part.status_code, part.content) == (206, PDF[5:8])
    actions = [record["action"] for record in desk.store.audited]
    assert actions.count("document-downloaded") == 1


async def test_the_page_of_a_document_names_what_is_downloaded(
    browser: httpx.AsyncClient, desk: Desk, inaya: str
) -> None:
    document_id = await keep(desk, inaya)
    shown = (await browser.get(f"/documents/{document_id}")).text
    assert "Résultats de juin.pdf (PDF, " in shown
    assert "Résultats de biologie" in shown
    assert "Docteur Dupond" in shown


async def test_another_patients_document_is_answered_like_none_and_the_attempt_is_recorded(
    browser: httpx.AsyncClient, desk: Desk, inaya: str
) -> None:
    stranger = new_id()
    await desk.deliver(patient_changed(stranger))
    theirs = await keep(desk, stranger)
    desk.store.audited.clear()
    for address in (f"/documents/{theirs}", f"/documents/{theirs}/telecharger", f"/documents/{new_id()}"):
        assert (await browser.get(address)).status_code == 404
    assert [(record["patient_id"], record["object_id"], record["outcome"]) for record in desk.store.audited] == [
        (inaya, theirs, "refused")
    ] * 2


async def test_the_picker_posts_what_is_ticked_to_the_draft(
    browser: httpx.AsyncClient, desk: Desk, inaya: str
) -> None:
    document_id, draft_id = await keep(desk, inaya), new_id()
    page = (await browser.get(f"/documents/choisir?brouillon={draft_id}&reste=8700000")).text
    assert f'action="/messagerie/brouillons/{draft_id}/documents"' in page
    assert f'name="document" value="{document_id}"' in page
    assert f'name="taille-{document_id}" value="{len(PDF)}"' in page
    assert f'name="nom-{document_id}" value="Résultats de juin.pdf"' in page
    assert f'name="type-{document_id}" value="application/pdf"' in page
    assert "Taille maximale de la sélection\N{NO-BREAK SPACE}: 10 Mo" in page
    assert "Il reste 8,7\N{NO-BREAK SPACE}Mo dans ce message." in page
    piece = await browser.get(f"/documents/choisir?brouillon={draft_id}", headers={"hx-request": "true"})
    assert "<html" not in piece.text
    assert f'value="{document_id}"' in piece.text


async def test_the_picker_filters_and_orders_without_losing_its_draft(
    browser: httpx.AsyncClient, desk: Desk, inaya: str
) -> None:
    document_id, draft_id = await keep(desk, inaya), new_id()
    address = f"/documents/choisir?brouillon={draft_id}&reste=8700000"
    page = (await browser.get(f"{address}&ordre=anciens")).text
    assert 'action="/documents/choisir"' in page and f'name="brouillon" value="{draft_id}"' in page
    assert '<option value="anciens" selected>' in page
    other = (await browser.get(f"{address}&categorie=imaging")).text
    assert "Aucun document dans cette catégorie" in other and document_id not in other
    assert f"brouillon={draft_id}" in other


async def test_an_empty_picker_says_where_documents_come_from(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"/documents/choisir?brouillon={new_id()}")).text
    assert "Pour ajouter mes premiers documents de santé" in page
    administrative = await browser.get(f"/documents/choisir?brouillon={new_id()}&categorie=administrative")
    assert "Pour ajouter mes premières pièces administratives" in administrative.text


async def test_the_picker_needs_a_draft(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/documents/choisir")).status_code == 404
    assert (await browser.get("/documents/choisir?brouillon=../x")).status_code == 404


async def test_a_patient_not_known_yet_is_told_that_the_space_is_being_prepared(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/documents", headers={"cookie": f"__Host-pli={new_id()}"})
    assert answer.status_code == 503
    assert "en cours de préparation" in answer.text


async def test_the_home_page_shows_the_latest_documents_and_prescriptions(
    browser: httpx.AsyncClient, desk: Desk, inaya: str
) -> None:
    assert "apparaîtront ici" in (await browser.get("/documents/accueil")).text
    assert "je peux demander à mon médecin" in (await browser.get("/documents/accueil/ordonnances")).text
    for number in range(4):
        await keep(desk, inaya, title=f"Document {number}", dated=date(2026, 1, 1) + timedelta(number))
    await keep(desk, inaya, title="Ordonnance", type_code="prescriptions-care", dated=date(2020, 1, 1))
    latest = (await browser.get("/documents/accueil")).text
    assert re.findall(r"Document (\d)</a>", latest) == ["3", "2", "1"]
    prescriptions = (await browser.get("/documents/accueil/ordonnances")).text
    assert "Ordonnance</a>" in prescriptions
    assert "Document" not in prescriptions


async def test_a_document_is_seen_and_so_is_who_has_it(browser: httpx.AsyncClient, desk: Desk, inaya: str) -> None:
    document_id = await keep(desk, inaya, sent_at=AT, also_to=("Marie Chanteau",))
    sent = DocumentsSent(
        patient_id=inaya,
        message_id=new_id(),
        document_ids=(document_id, new_id()),
        recipients=("Docteur Lallemand",),
        sent_at=AT + timedelta(days=3),
    )
    await desk.deliver(sent)
    await desk.deliver(sent)
    page = (await browser.get(f"/documents/{document_id}")).text
    assert "Page 1 sur 1" in page
    assert "Mots de la page" in page
    assert page.count("Docteur Lallemand le <time") == 1
    assert "Marie Chanteau l'a reçu avec vous." in page
    assert "Docteur Dupond vous l'a envoyé le" in page
    assert desk.store.audited[-1]["action"] == "document-viewed"
    picture = await browser.get(f"/documents/{document_id}/pages/1")
    assert (picture.content, picture.headers["content-type"]) == (b"RIFFwebp", "image/webp")


@pytest.mark.parametrize("what", ["", "/pages/1", "/apercu", "/telecharger"])
async def test_nothing_of_another_patient_s_document_is_shown(
    browser: httpx.AsyncClient, desk: Desk, what: str
) -> None:
    other = new_id()
    await desk.deliver(patient_changed(other))
    document_id = await keep(desk, other)
    assert (await browser.get(f"/documents/{document_id}{what}")).status_code == 404
    assert desk.store.audited[-1]["outcome"] == "refused"


async def test_only_a_picture_has_a_picture(browser: httpx.AsyncClient, desk: Desk, inaya: str) -> None:
    document_id = await keep(desk, inaya)
    assert (await browser.get(f"/documents/{document_id}/apercu")).status_code == 404
    assert (await browser.get(f"/documents/{document_id}/pages/0")).status_code == 404
