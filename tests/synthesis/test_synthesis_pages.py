"""The pages of the profile, asked for through the real web layer over a fake store."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest

from chassis.identity import Identity, TokenMissing
from chassis.ids import new_id
from chassis.readiness import Readiness
from chassis.web import create_app
from synthesis.app import CONTROLLERS, PAGES
from synthesis.domain.patient import Patient, patient_from
from synthesis.domain.sections import Section
from synthesis.pdf import Typesetter
from tests.synthesis.conftest import line, patient_changed, profile_with, treatment
from tests.synthesis.fakes import FakeStore

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
async def browser(store: FakeStore, inaya: Patient) -> AsyncIterator[httpx.AsyncClient]:
    """Inaya's browser, without scripts."""
    app = create_app(
        settings=SimpleNamespace(public_origin=ORIGIN, service_name="Mon espace santé", development=False),
        controllers=CONTROLLERS,
        pages=PAGES,
        guard=KnownPatients(),
        readiness=Readiness("synthesis"),
        stopping=asyncio.Event(),
        dependencies={"store": store, "typesetter": Typesetter(1), "service_name": "Mon espace santé"},
    )
    headers = {
        "cookie": f"__Host-pli={inaya.id}",
        "accept": "text/html",
        "sec-fetch-mode": "navigate",
        "sec-fetch-site": "same-origin",
    }
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client


def action_of(page: str) -> str:
    found = re.search(r'<form method="post" action="(/profil/[^"]+)"', page)
    assert found
    return found[1]


async def test_the_overview_shows_the_five_sections_of_the_guide(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/profil")).text
    for title in ("Maladies et sujets de santé", "Traitements", "Allergies", "Vaccinations", "Mesures de santé"):
        assert f">{title}</a>" in page
    assert "Télécharger la synthèse" not in page


async def test_administrative_papers_are_reached_from_the_profile(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/profil")).text
    assert 'href="/documents?categorie=administrative"' in page
    assert 'href="/documents/ajouter?categorie=administrative"' in page


async def test_a_treatment_is_added_changed_and_removed(
    browser: httpx.AsyncClient, store: FakeStore, inaya: Patient
) -> None:
    address = action_of((await browser.get("/profil/traitements/nouveau")).text)
    typed = {"name": "Lévothyrox", "dose": "75 µg", "since": "03/2019", "note": "À jeun"}
    added = await browser.post(address, data={"revision": "0", **typed})
    assert (added.status_code, added.headers["location"]) == (303, "/profil/traitements")
    page = (await browser.get("/profil/traitements")).text
    assert "Lévothyrox" in page
    assert "mars 2019" in page
    changed = await browser.post(address, data={"revision": "1", **typed, "dose": "100 µg"})
    assert changed.status_code == 303
    assert "100 µg" in (await browser.get(address)).text
    assert "Lévothyrox" in (await browser.get(f"{address}/retirer")).text
    removed = await browser.post(f"{address}/retirer", data={"revision": "2"})
    assert removed.status_code == 303
    assert store.profiles[inaya.id].is_empty
    assert [record["action"] for record in store.audited] == ["entry-kept", "entry-kept", "entry-removed"]


@pytest.mark.parametrize("section", [each.value for each in Section])
async def test_a_form_sent_twice_makes_one_entry(
    browser: httpx.AsyncClient, store: FakeStore, inaya: Patient, section: str
) -> None:
    address = action_of((await browser.get(f"/profil/{section}/nouveau")).text)
    for _ in range(2):
        assert (await browser.post(address, data={"revision": "0", "name": "Asthme"})).status_code == 303
    assert len(store.profiles[inaya.id].entry_ids) == 1


async def test_what_must_be_mended_is_said_and_what_was_typed_is_kept(browser: httpx.AsyncClient) -> None:
    address = action_of((await browser.get("/profil/traitements/nouveau")).text)
    answer = await browser.post(address, data={"revision": "0", "name": "", "dose": "une dose", "since": "demain"})
    assert answer.status_code == 422
    assert "<title>Erreur\N{NO-BREAK SPACE}: " in answer.text
    assert 'href="#since"' in answer.text
    assert 'value="une dose"' in answer.text
    assert 'value="demain"' in answer.text


async def test_a_form_of_an_older_revision_is_shown_again_and_overwrites_nothing(
    browser: httpx.AsyncClient, store: FakeStore, inaya: Patient
) -> None:
    entry = treatment()
    store.profiles[inaya.id] = profile_with(inaya.id, {Section.TREATMENTS: [entry]})
    address = f"/profil/traitements/{entry.id}"
    await browser.post(address, data={"revision": "1", "name": "Premier"})
    late = await browser.post(address, data={"revision": "1", "name": "Second"})
    assert late.status_code == 409
    assert "modifiée entre-temps" in late.text
    assert 'value="Second"' in late.text
    assert store.profiles[inaya.id].entry(Section.TREATMENTS, entry.id).name == "Premier"


async def test_another_patients_entry_is_answered_like_none_and_the_attempt_is_recorded(
    browser: httpx.AsyncClient, store: FakeStore, inaya: Patient
) -> None:
    stranger = patient_from(patient_changed(new_id()))
    theirs = line("Pollen")
    store.profiles[stranger.id] = profile_with(stranger.id, {Section.ALLERGIES: [theirs]})
    address = f"/profil/allergies/{theirs.id}"
    assert (await browser.get(address)).status_code == 404
    assert (await browser.post(address, data={"revision": "0", "name": "x"})).status_code == 404
    assert (await browser.post(f"{address}/retirer", data={"revision": "1"})).status_code == 404
    assert (await browser.get(f"/profil/allergies/{new_id()}")).status_code == 404
    assert [(record["patient_id"], record["outcome"]) for record in store.audited] == [(inaya.id, "refused")] * 3
    assert inaya.id not in store.profiles


@pytest.mark.parametrize(
    "body", [{}, {"name": "x"}, {"revision": "zéro", "name": "x"}, {"revision": "0", "name": "x" * 3000}]
)
async def test_a_form_that_cannot_be_read_is_refused(browser: httpx.AsyncClient, body: dict[str, str]) -> None:
    answer = await browser.post(f"/profil/allergies/{new_id()}", data=body)
    assert answer.status_code == 400


async def test_a_body_over_the_limit_is_refused(browser: httpx.AsyncClient) -> None:
    body = {"revision": "0", "name": "x" * 100_000}
    assert (await browser.post(f"/profil/allergies/{new_id()}", data=body)).status_code == 413


async def test_a_form_of_another_site_is_refused(browser: httpx.AsyncClient) -> None:
    answer = await browser.post(
        f"/profil/allergies/{new_id()}",
        data={"revision": "0", "name": "x"},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 403


async def test_the_synthesis_is_downloaded_under_its_name(
    browser: httpx.AsyncClient, store: FakeStore, inaya: Patient
) -> None:
    store.profiles[inaya.id] = profile_with(inaya.id, {Section.ALLERGIES: [line("Pollen")]})
    answer = await browser.get("/profil/synthese")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-")
    assert "Profil%20m%C3%A9dical_InayaMichel.pdf" in answer.headers["content-disposition"]
    assert [record["action"] for record in store.audited] == ["synthesis-downloaded"]


async def test_an_empty_profile_leads_back_and_says_so(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/profil/synthese")
    assert (answer.status_code, answer.headers["location"]) == (303, "/profil")


async def test_an_unknown_section_is_not_found(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/profil/horoscope")).status_code == 404
    assert (await browser.get("/profil/horoscope/nouveau")).status_code == 404


async def test_the_home_page_shows_the_last_vaccinations(
    browser: httpx.AsyncClient, store: FakeStore, inaya: Patient
) -> None:
    assert "Bien renseigner mes vaccinations" in (await browser.get("/profil/accueil")).text
    entries = [line(f"Vaccin {number}") for number in range(4)]
    store.profiles[inaya.id] = profile_with(inaya.id, {Section.VACCINATIONS: entries})
    page = (await browser.get("/profil/accueil")).text
    assert re.findall(r"Vaccin \d", page) == ["Vaccin 3", "Vaccin 2", "Vaccin 1"]
    assert "/profil/vaccinations" in page
