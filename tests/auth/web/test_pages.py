"""auth's pages through the real web layer, over fakes: what a browser gets, keeps and is refused."""

import asyncio
import re
from datetime import date, timedelta
from types import SimpleNamespace

import httpx
import pytest
from msgspec.structs import replace

from auth.app import CONTROLLERS, PAGES
from auth.domain.sessions import Session
from auth.errors import WrongCredentials
from chassis.identity import Identity, TokenMissing
from chassis.readiness import Readiness
from chassis.web import create_app
from tests.auth.fakes import NOW, PATIENT

ORIGIN = "http://localhost:8080"
PASSWORD = "Une longue phrase 7"
ABOUT = SimpleNamespace(
    data_controllers="le responsable",
    host_name="l'hébergeur",
    support_email="aide@exemple.fr",
    support_phone="01 99 00 34 22",
    support_hours="le jour",
    accessibility_state="non conforme",
    accessibility_faults="Les pièces jointes ne sont pas toujours accessibles.",
    accessibility_checked_on=date(2026, 11, 25),
    publisher="l'éditeur",
    support_address="1 rue de la Paix",
)


class OnePatient:
    """A guard for which the token `good` is Inaya's."""

    keys_loaded = True

    def identify(self, token, *, unsafe):
        if token != "good":
            raise TokenMissing("none")
        later = NOW + timedelta(hours=12)
        return Identity(
            patient_id=PATIENT, actor=PATIENT, session_id="session", expires_at=later, session_ends_at=later
        )


class Browser:
    """A browser by hand: httpx drops Secure cookies on plain http, browsers keep them on localhost."""

    def __init__(self, client):
        self.client = client
        self.cookies = {}

    async def get(self, path):
        return self._kept(await self.client.get(path, headers=self._headers()))

    async def post(self, path, **fields):
        return self._kept(await self.client.post(path, data=fields, headers=self._headers()))

    @property
    def held(self):
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _headers(self):
        return {
            **self.held,
            "accept": "text/html",
            "sec-fetch-site": "same-origin",
            "sec-fetch-mode": "navigate",
        }

    def _kept(self, answer):
        for line in answer.headers.get_list("set-cookie"):
            name, value = re.match(r'([^=]+)="?([^;"]*)', line).groups()
            self.cookies[name] = value
        return answer


@pytest.fixture
async def browser(house):
    dependencies = {"store": house.store, "about": ABOUT}
    for name in ("activating", "logging_in", "sessions", "preferring"):
        dependencies[name] = getattr(house, name)
    app = create_app(
        settings=SimpleNamespace(public_origin=ORIGIN, service_name="Mon espace santé", development=False),
        controllers=CONTROLLERS,
        pages=PAGES,
        guard=OnePatient(),
        readiness=Readiness("auth"),
        stopping=asyncio.Event(),
        dependencies=dependencies,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        yield Browser(client)


async def identified(browser, vers="/"):
    answer = await browser.post("/connexion", identifier="inaya.m1988", password=PASSWORD, vers=vers)
    assert answer.headers["location"] == "/connexion/mode"


async def test_a_patient_logs_in_in_three_steps_and_goes_where_they_wanted(browser, house):
    await identified(browser, vers="/messagerie")
    assert "Par email" in (await browser.get("/connexion/mode")).text
    assert (await browser.post("/connexion/mode", channel="email")).headers["location"] == "/connexion/code"
    page = (await browser.get("/connexion/code")).text
    assert "3 Je saisis le code d'accès" in page
    assert "ina*****@exemple.fr" in page
    assert "inaya.michel" not in page
    code = house.notifier.last_code(house.store, house.signer).code
    answer = await browser.post("/connexion/code", code=f"Votre code : {code[:3]} {code[3:]}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/messagerie")


async def test_a_code_is_written_in_the_language_of_the_page(browser, house):
    browser.cookies["__Host-pli-langue"] = "en"
    await identified(browser)
    await browser.post("/connexion/mode", channel="email")
    assert house.notifier.last_code(house.store, house.signer).language == "en"


async def test_cookies_are_out_of_reach_of_scripts_and_the_session_goes_to_auth_alone(browser, house):
    await identified(browser)
    await browser.post("/connexion/mode", channel="sms")
    code = house.notifier.last_code(house.store, house.signer).code
    answer = await browser.post("/connexion/code", code=code)
    lines = answer.headers.get_list("set-cookie")
    assert all("HttpOnly" in line and "Secure" in line and "SameSite=lax" in line for line in lines)
    (session,) = [line for line in lines if line.startswith("__Secure-pli-session")]
    assert "Path=/connexion" in session
    assert all("Path=/;" in line for line in lines if line.startswith("__Host-"))


async def test_an_unknown_account_and_a_wrong_password_get_the_same_page(browser):
    pages = []
    for identifier in ("inaya.m1988", "autre.m1988"):
        answer = await browser.post("/connexion", identifier=identifier, password="faux mot de passe")
        assert answer.status_code == WrongCredentials.status
        pages.append(answer.text.replace(identifier, "…"))
        assert "faux mot de passe" not in answer.text
    assert pages[0] == pages[1]


async def test_a_form_without_its_fields_says_which(browser):
    answer = await browser.post("/connexion", identifier="", password="")
    assert answer.status_code == 422
    assert "Saisissez votre identifiant." in answer.text
    assert "Saisissez votre mot de passe." in answer.text


async def test_a_huge_form_is_refused(browser):
    answer = await browser.post("/connexion", identifier="a" * 20_000, password="b")
    assert answer.status_code == 413


async def test_only_what_the_account_has_is_offered(browser, house):
    from tests.auth.fakes import inaya

    house.store.accounts.rows[PATIENT] = inaya(phone=None)
    await identified(browser)
    page = (await browser.get("/connexion/mode")).text
    assert "Par email" in page
    assert "Par SMS" not in page
    assert (await browser.post("/connexion/mode", channel="sms")).status_code == 400


async def test_a_resend_within_thirty_seconds_says_from_when(browser, house):
    await identified(browser)
    await browser.post("/connexion/mode", channel="email")
    answer = await browser.post("/connexion/code/renvoyer")
    assert answer.status_code == 409
    assert "Un code vient de partir." in answer.text
    house.clock.move(seconds=30)
    assert (await browser.post("/connexion/code/renvoyer")).headers["location"] == "/connexion/code"


async def test_the_sixth_code_says_when_it_may_be_asked_for(browser, house):
    await identified(browser)
    await browser.post("/connexion/mode", channel="email")
    for _ in range(4):
        house.clock.move(seconds=31)
        await browser.post("/connexion/code/renvoyer")
    house.clock.move(seconds=31)
    answer = await browser.post("/connexion/code/renvoyer")
    assert "Vous pourrez redemander un code à 15\u00a0h\u00a040." in answer.text


async def test_after_the_fifth_wrong_code_the_reason_is_said_as_an_error(browser, house):
    await identified(browser)
    await browser.post("/connexion/mode", channel="email")
    for _ in range(5):
        answer = await browser.post("/connexion/code", code="000000")
    assert answer.headers["location"] == "/connexion"
    page = (await browser.get("/connexion")).text
    assert "Trop de codes erronés ont été saisis." in page
    assert 'class="toast bad"' in page


async def test_a_short_code_is_kept_and_its_missing_digits_counted(browser):
    await identified(browser)
    await browser.post("/connexion/mode", channel="email")
    page = (await browser.post("/connexion/code", code="034 56")).text
    assert "Le code compte 6 chiffres. Il vous en reste 1 à saisir." in page
    assert 'value="034 56"' in page


@pytest.mark.parametrize("path", ["/connexion/mode", "/connexion/code"])
async def test_without_an_attempt_one_starts_again(browser, path):
    assert (await browser.get(path)).headers["location"] == "/connexion"


async def test_a_renewal_goes_back_to_local_paths_only(browser, house):
    await identified(browser)
    await browser.post("/connexion/mode", channel="email")
    code = house.notifier.last_code(house.store, house.signer).code
    await browser.post("/connexion/code", code=code)
    assert (await browser.get("/connexion/renouveler?vers=/documents?page=2")).headers[
        "location"
    ] == "/documents?page=2"
    for evil in ("//evil.example", "/%5Cevil.example", "https://evil.example", "/%09/evil.example"):
        assert (await browser.get(f"/connexion/renouveler?vers={evil}")).headers["location"] == "/"
    assert (await browser.post("/connexion/renouveler")).status_code == 204
    assert (await browser.post("/connexion/activite")).json() == {"idle": 1800, "longest": 43_200}
    house.clock.move(minutes=20)
    assert (await browser.get("/connexion/session")).json() == {"idle": 600, "longest": 42_000}
    assert (await browser.post("/connexion/activite")).json() == {"idle": 1800, "longest": 42_000}


async def test_a_renewal_without_session_leads_to_log_in_and_then_back(browser):
    answer = await browser.get("/connexion/renouveler?vers=/documents")
    assert answer.headers["location"] == "/connexion?vers=/documents"
    assert (await browser.post("/connexion/renouveler")).status_code == 401
    assert (await browser.post("/connexion/activite")).status_code == 401
    assert (await browser.get("/connexion/session")).status_code == 401


async def test_a_log_out_leaves_nothing_in_the_browser(browser, house):
    await identified(browser)
    await browser.post("/connexion/mode", channel="email")
    await browser.post("/connexion/code", code=house.notifier.last_code(house.store, house.signer).code)
    answer = await browser.post("/connexion/deconnexion")
    assert "Vous êtes déconnecté" in answer.text
    assert '"cache"' in answer.headers["clear-site-data"]
    assert browser.cookies["__Host-pli"] == browser.cookies["__Secure-pli-session"] == ""


async def test_the_front_page_speaks_to_strangers_and_accueil_to_the_patient(browser):
    front = (await browser.get("/")).text
    assert "MON PROFIL MÉDICAL" in front
    assert "Activer mon espace" in front
    browser.cookies["__Host-pli"] = "good"
    assert "Bonjour Inaya," in (await browser.get("/")).text


async def test_an_expired_token_on_the_front_page_is_renewed_first(browser):
    browser.cookies["__Host-pli"] = "expired"
    assert (await browser.get("/")).headers["location"] == "/connexion/renouveler?vers=/"


async def test_mon_compte_shows_masked_contacts_and_is_closed_to_strangers(browser):
    assert (await browser.get("/compte")).headers["location"] == "/connexion/renouveler?vers=/compte"
    browser.cookies["__Host-pli"] = "good"
    page = (await browser.get("/compte")).text
    assert "ina*****@exemple.fr" in page
    assert "+33 6 ** ** * 15" in page
    assert "inaya.michel@exemple.fr" not in page
    assert "Inaya M." in (await browser.get("/compte/menu")).text


async def test_the_person_chooses_how_to_be_told_of_letters_and_is_warned_of_choosing_never(browser, house):
    assert (await browser.post("/compte/notifications", notifications="none")).status_code in (303, 401)
    assert house.store.events == []
    browser.cookies["__Host-pli"] = "good"
    page = (await browser.get("/compte/preferences")).text
    assert "Vous risquez de ne pas voir à temps un message important" in page
    answer = await browser.post("/compte/notifications", notifications="digest")
    assert answer.headers["location"] == "/compte/preferences"
    told, key = house.store.events[-1]
    assert (told.notices, told.revision, key) == ("digest", 2, PATIENT)
    assert (await browser.post("/compte/notifications", notifications="often")).status_code == 400
    assert house.store.accounts.rows[PATIENT].notices == "digest"


async def test_accueil_says_that_the_address_takes_no_messages_until_it_does(browser, house):
    browser.cookies["__Host-pli"] = "good"
    words = "Votre adresse e-mail ne reçoit plus nos messages."
    assert words not in (await browser.get("/")).text
    account = house.store.accounts.rows[PATIENT]
    house.store.accounts.rows[PATIENT] = account.email_refused(NOW)
    assert words in (await browser.get("/")).text


async def test_a_stranger_reads_in_the_language_of_their_browser_or_the_one_they_chose(browser):
    accepts = {"accept": "text/html", "accept-language": "en-GB,en;q=0.9,fr;q=0.5"}
    assert "My identifier" in (await browser.client.get("/connexion", headers=accepts)).text
    assert "Mon identifiant" in (await browser.get("/connexion")).text
    answer = await browser.post("/compte/langue", langue="en")
    assert answer.headers["location"] == "/"
    assert '<html lang="en">' in (await browser.get("/connexion")).text
    await browser.post("/compte/langue", langue="fr")
    assert '<html lang="fr">' in (await browser.client.get("/connexion", headers=accepts | browser.held)).text


async def test_a_language_nobody_offers_is_not_kept(browser):
    await browser.post("/compte/langue", langue="xx")
    assert browser.cookies == {}


async def test_the_language_of_who_is_logged_in_is_told_to_all_services_and_comes_back_at_log_in(browser, house):
    browser.cookies["__Host-pli"] = "good"
    assert (await browser.get("/compte/preferences")).status_code == 200
    await browser.post("/compte/langue", langue="en")
    told, key = house.store.events[-1]
    assert (told.language, told.revision, key) == ("en", 2, PATIENT)
    await browser.post("/compte/langue", langue="en")
    assert len(house.store.events) == 1
    browser.cookies.clear()
    await identified(browser)
    await browser.post("/connexion/mode", channel="email")
    await browser.post("/connexion/code", code=house.notifier.last_code(house.store, house.signer).code)
    assert browser.cookies["__Host-pli-langue"] == "en"


@pytest.mark.parametrize(
    "path",
    [
        "/aide",
        "/plan-du-site",
        "/accessibilite",
        "/mentions-legales",
        "/donnees-personnelles",
        "/cookies",
        "/a-propos",
        "/connexion/sans-acces",
        "/connexion/oubli",
        "/compte/activation",
        "/connexion",
    ],
)
async def test_public_pages_are_open_to_all(browser, path):
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert "<h1" in answer.text


async def test_an_activation_keeps_what_was_typed_but_the_password(browser, house):

    from auth.usecases.inviting import Invitee, invite

    invitee = Invitee(
        given_name="Léa",
        family_name="Petit",
        birth_name="Petit",
        birth_date=date(1990, 1, 2),
        ins="255081416802538",
        email="lea@exemple.fr",
    )
    code = await invite(house.store, house.hashes, invitee, "p.fr", house.clock)
    typed = {"birth_name": "Petit", "birth_date": "2/1/1990"}
    refused = await browser.post("/compte/activation", **typed, activation_code="AAAA-AAAA-AAAA")
    assert refused.status_code == 422
    assert 'value="2/1/1990"' in refused.text
    proved = await browser.post("/compte/activation", **typed, activation_code=code)
    assert proved.headers["location"] == "/compte/activation/identifiants"
    again = await browser.post("/compte/activation/identifiants", identifier="Lea", password="motdepasse123")
    assert 'value="Lea"' in again.text
    assert "motdepasse123" not in again.text
    taken = await browser.post("/compte/activation/identifiants", identifier="lea.petit90", password=PASSWORD)
    assert taken.headers["location"] == "/connexion"


async def test_a_patient_sees_their_devices_and_ends_one_elsewhere(browser, house):
    await identified(browser)
    await browser.post("/connexion/mode", channel="email")
    await browser.post("/connexion/code", code=house.notifier.last_code(house.store, house.signer).code)
    (session,) = house.store.sessions.rows.values()
    house.store.sessions.rows[session.id] = replace(session, device="Firefox, Windows")
    browser.cookies["__Host-pli"] = "good"
    page = (await browser.get("/compte/appareils")).text
    assert "Firefox, Windows" in page
    ended = await browser.post(f"/compte/appareils/{session.id}/fin")
    assert ended.headers["location"] == "/compte/appareils"
    told, _ = house.store.events[-1]
    assert (told.session_id, told.reason) == (session.id, "ended-elsewhere")
    assert "Firefox" not in (await browser.get("/compte/appareils")).text


async def test_another_s_session_cannot_be_ended(browser, house):
    theirs = Session(id="theirs", patient_id="other", started_at=NOW, last_active_at=NOW)
    house.store.sessions.rows["theirs"] = theirs
    browser.cookies["__Host-pli"] = "good"
    for unknown in ("theirs", "nobody"):
        assert (await browser.post(f"/compte/appareils/{unknown}/fin")).status_code == 404
    assert house.store.sessions.rows["theirs"].ended_at is None
    assert [(one["action"], one["outcome"]) for one in house.store.audits] == [("end-session", "refused")]
