"""A file from the patient's device becomes a document, asked for through the real web layer over fakes."""

import re

import httpx
import pytest

from chassis.objects import StoredObject
from contracts.documents import DocumentAdded
from tests.documents.conftest import PDF, Desk
from tests.documents.test_documents_pages import browser, keep  # noqa: F401 - Inaya's browser is a fixture

ADDRESS = "/documents/ajouter"
USUAL = {"nom": "Bilan de juin", "date": "2026-06-08", "type": "laboratory", "confidentialite": "visible"}


async def form(browser: httpx.AsyncClient) -> dict[str, str]:  # noqa: F811
    page = (await browser.get(ADDRESS)).text
    found = re.search(r'name="demande" value="([^"]+)"', page)
    assert found
    return {**USUAL, "demande": found[1]}


async def add(
    browser: httpx.AsyncClient,  # noqa: F811
    file: tuple[str, bytes] | None = ("bilan.pdf", PDF),
    **fields: str,
) -> httpx.Response:
    files = {"fichier": file or ("", b"")}
    filled = {**await form(browser), **fields}
    return await browser.post(ADDRESS, data=filled, files=files, headers={"sec-fetch-site": "same-origin"})


async def test_a_file_of_the_device_is_a_document_with_the_name_date_and_type_entered(
    browser: httpx.AsyncClient,  # noqa: F811
    desk: Desk,
    inaya: str,
) -> None:
    answer = await add(browser, confidentialite="masque")
    assert answer.status_code == 303
    [document] = desk.store.documents.values()
    assert answer.headers["location"] == f"/documents/{document.id}"
    assert (document.title, document.dated.isoformat(), document.type_code) == (
        "Bilan de juin",
        "2026-06-08",
        "laboratory",
    )
    assert document.masked
    assert desk.objects.objects[document.object_key] == PDF
    assert [type(event) for event in desk.store.published] == [DocumentAdded]
    assert [record["action"] for record in desk.store.audited] == ["document-added"]
    shown = (await browser.get(answer.headers["location"])).text
    assert "Vous l'avez ajouté depuis votre appareil." in shown.replace("&#39;", "'")
    assert "Bilan de juin" in (await browser.get("/documents")).text


async def test_the_type_can_be_chosen_by_the_link_that_leads_here(browser: httpx.AsyncClient) -> None:  # noqa: F811
    chosen = (await browser.get(f"{ADDRESS}?categorie=administrative")).text
    assert '<option value="administrative" selected>' in chosen
    assert "selected>Pièces" not in (await browser.get(f"{ADDRESS}?categorie=nonsense")).text


async def test_pressing_twice_adds_one_document_and_another_file_from_the_same_page_adds_another(
    browser: httpx.AsyncClient,  # noqa: F811
    desk: Desk,
) -> None:
    opened = await form(browser)
    first = await add(browser, **opened)
    again = await add(browser, **opened)
    assert first.headers["location"] == again.headers["location"]
    assert len(desk.store.documents) == 1
    other = await add(browser, ("note.txt", b"Une note"), **opened)
    assert other.headers["location"] != first.headers["location"]
    assert len(desk.store.documents) == 2


async def test_without_a_name_the_document_takes_that_of_its_file(
    browser: httpx.AsyncClient,  # noqa: F811
    desk: Desk,
) -> None:
    await add(browser, ("Ordonnance (avril).pdf", PDF), nom=" ")
    assert [each.title for each in desk.store.documents.values()] == ["Ordonnance avril"]


@pytest.mark.parametrize(
    ("file", "fields", "words"),
    [
        (None, {}, "Choisissez un fichier sur votre appareil."),
        (("vide.pdf", b""), {}, "Ce fichier est vide."),
        (("page.html", b"<!doctype html><script>1</script>"), {}, "Ce format de fichier n'est pas accepté."),
        (("programme.pdf", b"MZ\x90\0" + b"\0" * 400), {}, "Ce format de fichier n'est pas accepté."),
        (("gros.pdf", PDF + b"\0" * 5_000_000), {}, "Ce fichier est trop volumineux"),
        (("a.pdf", PDF), {"nom": "Bilan (juin)"}, "contient un caractère interdit"),
        (("a.pdf", PDF), {"nom": "n" * 51}, "au plus 50 caractères"),
        (("a.pdf", PDF), {"date": "2199-01-01"}, "ne peut pas être dans le futur"),
        (("a.pdf", PDF), {"date": "hier"}, "Donnez la date du document"),
        (("a.pdf", PDF), {"type": ""}, "Choisissez un type de document."),
    ],
)
async def test_what_is_to_be_mended_is_said_and_what_was_typed_stays(
    browser: httpx.AsyncClient,  # noqa: F811
    desk: Desk,
    file: tuple[str, bytes] | None,
    fields: dict[str, str],
    words: str,
) -> None:
    answer = await add(browser, file, **fields)
    text = answer.text.replace("&#39;", "'")
    assert answer.status_code == 422
    assert words in text
    assert f'value="{fields.get("date", USUAL["date"])}"' in text
    assert desk.store.documents == {}
    assert desk.objects.objects == {}
    if file and fields:
        assert "Choisissez de nouveau le fichier" in text


async def test_a_forbidden_name_is_offered_clean_in_one_press(
    browser: httpx.AsyncClient,  # noqa: F811
    desk: Desk,
) -> None:
    refused = (await add(browser, nom="Bilan (juin)")).text
    assert 'name="propose" value="Bilan juin"' in refused
    await add(browser, nom="Bilan (juin)", propose="Bilan juin")
    assert [each.title for each in desk.store.documents.values()] == ["Bilan juin"]


async def test_a_store_that_breaks_off_leaves_no_document(
    browser: httpx.AsyncClient,  # noqa: F811
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from chassis.errors import BackingServiceAway

    async def away(*_: object) -> StoredObject:
        raise BackingServiceAway("objects")

    monkeypatch.setattr(desk.objects, "put", away)
    assert (await add(browser)).status_code == 503
    assert desk.store.documents == {}
