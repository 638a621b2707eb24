"""A session that ended is refused by every service; one that lives is renewed without being noticed."""

import time

import httpx
import pytest

from stack.control import Stack
from tests.system.mail import MailServer, letter
from tests.system.people import DOCTOR, Newcomer, People
from tests.system.streams import EventStream
from tests.system.waiting import until

pytestmark = pytest.mark.stack

TOKEN, SESSION = "__Host-pli", "__Secure-pli-session"
REFUSED_WITHIN_S = 2.0
BUSY_S = 3.0
"""What a busy machine may add."""
PAGES = ("/messagerie", "/messagerie/liste", "/documents", "/profil", "/compte")


@pytest.fixture
def patient(people: People) -> Newcomer:
    """Logged in."""
    return people.newcomer()


def _status(stack: Stack, path: str, token: str) -> int:
    """What a script's request with this token, and no session to renew it, is answered."""
    headers = {
        "Cookie": f"{TOKEN}={token}",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Dest": "empty",
        "HX-Request": "true",
    }
    return httpx.get(f"http://localhost:{stack.ports['gateway']}{path}", headers=headers, timeout=30.0).status_code


def test_a_token_is_refused_by_every_service_soon_after_the_log_out(stack: Stack, patient: Newcomer) -> None:
    token = patient.visitor.cookies.get(TOKEN) or ""
    assert [_status(stack, path, token) for path in PAGES] == [200] * len(PAGES)

    assert patient.visitor.get("/messagerie").press("Se déconnecter").status == 200

    ended = time.monotonic()
    for path in PAGES:
        until(lambda: _status(stack, path, token), lambda status: status == 401, what=path, every=0.05)  # noqa: B023
    assert time.monotonic() - ended < REFUSED_WITHIN_S + BUSY_S
    assert [_status(stack, path, token) for path in PAGES] == [401] * len(PAGES)


def test_nothing_renews_a_session_that_ended(people: People, patient: Newcomer) -> None:
    session = patient.visitor.cookies.get(SESSION) or ""
    patient.visitor.get("/messagerie").press("Se déconnecter")
    thief = people.browser()
    thief.cookies.put(SESSION, session, "/connexion")

    page = thief.get("/messagerie")

    assert page.url.startswith(f"{thief.origin}/connexion")
    assert thief.cookies.get(TOKEN) is None


def test_a_token_that_is_gone_is_renewed_on_the_way_to_the_page(people: People, patient: Newcomer) -> None:
    browser = people.browser()
    browser.cookies.put(SESSION, patient.visitor.cookies.get(SESSION) or "", "/connexion")
    for path in ("/messagerie", "/documents", "/profil"):
        browser.cookies.learn([f"{TOKEN}=; Max-Age=0; Path=/"])
        page = browser.get(path)
        assert (page.status, page.url) == (200, f"{browser.origin}{path}")
        assert browser.cookies.get(TOKEN)


def test_an_open_stream_tells_of_letters_and_ends_with_the_session(stack: Stack, patient: Newcomer) -> None:
    with EventStream(patient.visitor) as stream:
        until(lambda: stream.open, what="the stream")
        MailServer(stack.ports["door"]).deliver(letter(DOCTOR, [patient], "Bonjour"))
        until(lambda: stream.events, what="the event of the letter")

        patient.visitor.get("/messagerie").press("Se déconnecter")

        until(lambda: stream.ended_at, what="the stream's end", within=30.0)
    assert stream.status == 200


def test_the_stream_is_refused_without_a_session(stack: Stack) -> None:
    assert _status(stack, "/messagerie/flux", "") == 401
