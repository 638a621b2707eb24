"""Requests no page of ours makes: forged tokens, used codes, broken forms, endless bodies, other sites' forms."""

import base64
import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import psutil
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.clock import now
from chassis.identity.tokens import issue
from chassis.ids import new_id
from demo.patient import wait_for_code
from demo.visitor import Page
from stack.control import Stack
from tests.system.belongings import Belongings, belongings_of
from tests.system.mail import MailServer
from tests.system.observer import Observer
from tests.system.people import People

pytestmark = pytest.mark.stack

TOKEN, SESSION, ATTEMPT = "__Host-pli", "__Secure-pli-session", "__Host-pli-essai"
PAGES = ("/messagerie", "/documents", "/profil", "/compte")
HUGE = 200_000_000
GROWTH_AT_MOST = 32_000_000
OUR_WORDS = re.compile(r"formulaire|volumineux|lu|réessay|recharge|identifiant|vérifi", re.IGNORECASE)
TELLTALES = ("Traceback", "litestar", "pymongo", "site-packages", 'File "')


@pytest.fixture(scope="module")
def mine(stack: Stack, people: People, observer: Observer) -> Belongings:
    """Someone logged in, with one thing of every kind."""
    stack.wait_ready()
    return belongings_of(people.newcomer(), MailServer(stack.ports["door"]), observer)


def _asks(stack: Stack, path: str, token: str | None, **headers: str) -> httpx.Response:
    """One request with this token and no other cookie, redirects not followed."""
    cookie = {"Cookie": f"{TOKEN}={token}"} if token is not None else {}
    usual = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
    return httpx.get(f"http://localhost:{stack.ports['gateway']}{path}", headers={**usual, **cookie, **headers})


def _altered(token: str) -> Iterator[tuple[str, str]]:
    head, claims, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    others = _encoded({**said, "sub": new_id()})
    yield "other claims", f"{head}.{others}.{signature}"
    yield "no signature", f"{head}.{claims}."
    yield "no algorithm", f"{_encoded({'alg': 'none'})}.{claims}."
    yield "a key of their own", _issued(Ed25519PrivateKey.generate(), said["sub"], said["sid"], now())
    yield "nonsense", "a.b.c"
    yield "much of it", "x" * 4_000


def _encoded(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _issued(key: Ed25519PrivateKey, patient_id: str, session_id: str, at: datetime) -> str:
    ends = at + timedelta(hours=1)
    return issue(key, patient_id=patient_id, actor=patient_id, session_id=session_id, session_ends_at=ends, at=at)


@pytest.mark.parametrize("path", PAGES)
def test_a_forged_token_opens_nothing(stack: Stack, mine: Belongings, path: str) -> None:
    token = mine.owner.visitor.cookies.get(TOKEN)
    assert token is not None
    for how, forged in _altered(token):
        answer = _asks(stack, path, forged)
        assert answer.status_code == 401, how
        assert mine.owner.patient.given_name not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_an_expired_token_is_sent_to_be_renewed_and_a_fragment_is_refused(
    stack: Stack, mine: Belongings, path: str
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(stack.env("auth")["PLI_SIGNING_KEY"]))
    expired = _issued(key, mine.owner.id, new_id(), now() - timedelta(minutes=10))

    page = _asks(stack, path, expired)
    fragment = _asks(
        stack, path, expired, **{"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "HX-Request": "true"}
    )

    assert page.status_code == 303
    assert page.headers["location"].startswith("/connexion/renouveler?vers=")
    assert fragment.status_code == 401
    assert mine.owner.patient.given_name not in fragment.text


def test_a_code_that_was_used_opens_nothing_again(people: People) -> None:
    newcomer = people.newcomer(logged_in=False)
    began = datetime.now(UTC)
    page = newcomer.visitor.get("/connexion").press(
        "Continuer",
        {"Mon identifiant": newcomer.patient.identifier, "Mon mot de passe": newcomer.patient.password},
    )
    page = page.press("Continuer", {"Par email": True})
    code = wait_for_code(newcomer.catcher, newcomer.patient, began)
    copied = people.browser()
    copied.cookies.put(ATTEMPT, newcomer.visitor.cookies.get(ATTEMPT) or "")
    second = copied.get("/connexion/code")
    assert page.press("Se connecter", {"Code d'accès à usage unique": code}).says("Bonjour")

    again = second.press("Se connecter", {"Code d'accès à usage unique": code})

    assert not again.says("Bonjour")
    assert copied.cookies.get(TOKEN) is None
    assert copied.get("/messagerie").says("Mon identifiant")


FORMS = (
    "/connexion",
    "/connexion/mode",
    "/connexion/code",
    "/compte/activation",
    "/compte/activation/identifiants",
    "/messagerie/conversations/{conversation}/reponse",
    "/messagerie/pieces/{message}/{attachment}/ajouter",
    "/messagerie/brouillons/{draft}",
    "/messagerie/brouillons/{draft}/envoi",
    "/messagerie/brouillons/{draft}/choisir",
    "/messagerie/brouillons/{draft}/retour",
    "/messagerie/brouillons/{draft}/envois",
    "/messagerie/brouillons/{draft}/documents",
    "/messagerie/brouillons/{draft}/profil",
    "/messagerie/brouillons/{draft}/pieces/{row}/retrait",
    "/messagerie/brouillons/{draft}/pieces/{row}/reprise",
    "/profil/traitements/{entry}",
    "/profil/traitements/{entry}/retirer",
)
URL_ENCODED = "application/x-www-form-urlencoded"
BROKEN = {
    "wrongly encoded": (URL_ENCODED, b"revision=1&texte=%FF%FE&name=%C3&identifier=%FF&code=%FF&a=%FF&nom=%FF"),
    "bytes that are no text": (URL_ENCODED, b"revision=1&texte=\xff\xfe&name=\xc3\x28&a=\xff"),
    "a NUL": (URL_ENCODED, b"revision=1&texte=a%00b&name=a%00b&identifier=a%00&code=1%00&a=tous%00&nom=a%00"),
    "very many fields": (URL_ENCODED, b"&".join(b"a=1" for _ in range(1_500))),
    "no form at all": ("application/json", b'{"revision": 1}'),
    "a kind nobody knows": ("text/x-martien", b"revision=1"),
    "half a multipart": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="texte"',
    ),
    "a multipart without boundary": ("multipart/form-data", b"--x\r\n\r\nhop"),
}


def _posts(mine: Belongings, address: str, kind: str, body: bytes) -> httpx.Response:
    visitor = mine.owner.visitor
    path = address.format(**mine.ids)
    headers = {
        "Content-Type": kind,
        "Accept": "text/html",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Site": "same-origin",
        "Cookie": visitor.cookies.for_path(path),
    }
    return httpx.post(f"{visitor.origin}{path}", content=body, headers=headers, timeout=60.0)


def _is_a_clear_refusal(answer: httpx.Response) -> None:
    assert 400 <= answer.status_code < 500, answer.status_code
    assert OUR_WORDS.search(answer.text), answer.text[:500]
    assert not any(word in answer.text for word in TELLTALES)


@pytest.mark.parametrize("address", FORMS)
@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_form_is_refused_by_a_clear_page(mine: Belongings, address: str, how: str) -> None:
    kind, body = BROKEN[how]

    _is_a_clear_refusal(_posts(mine, address, kind, body))


NOTHING_NEEDED = ("/reponse", "/documents")
"""Forms that may be sent empty."""


@pytest.mark.parametrize(
    "address",
    [one for one in FORMS if one.startswith(("/messagerie", "/profil")) and not one.endswith(NOTHING_NEEDED)],
)
def test_a_form_without_its_fields_is_refused_by_a_clear_page(mine: Belongings, address: str) -> None:
    _is_a_clear_refusal(_posts(mine, address, URL_ENCODED, b""))


@pytest.mark.parametrize("address", ["/connexion", "/connexion/code", "/compte/activation"])
def test_a_log_in_without_its_fields_is_asked_for_again(mine: Belongings, address: str) -> None:
    assert _posts(mine, address, URL_ENCODED, b"").status_code in (303, 422)


@pytest.mark.parametrize("address", FORMS)
def test_a_huge_field_is_refused_by_a_clear_page(mine: Belongings, address: str) -> None:
    body = "&".join(f"{name}={'x' * 600_000}" for name in ("revision", "texte", "name", "identifier", "a", "code"))

    answer = _posts(mine, address, URL_ENCODED, body.encode())

    assert answer.status_code == 413
    _is_a_clear_refusal(answer)


BODIES = {
    "auth": "/connexion",
    "messaging-web": "/messagerie/brouillons/{draft}",
    "synthesis": "/profil/traitements/{entry}",
}


@pytest.mark.parametrize("declared", [True, False], ids=["with its length", "without its length"])
@pytest.mark.parametrize("process", BODIES)
def test_an_endless_body_is_refused_without_being_held(
    stack: Stack, mine: Belongings, process: str, declared: bool
) -> None:
    measured = psutil.Process(stack.pid(process))
    before = measured.memory_info().rss

    status, most = _pour(mine, BODIES[process].format(**mine.ids), measured, declared=declared)

    assert status == 413
    assert most - before < GROWTH_AT_MOST
    assert mine.owner.visitor.get("/messagerie").status == 200


def _pour(mine: Belongings, path: str, measured: psutil.Process, *, declared: bool) -> tuple[int, int]:
    """Send 200 MB until an answer comes; its status, and the most memory the process had meanwhile."""
    visitor, most, sent = mine.owner.visitor, 0, 0
    url = httpx.URL(visitor.origin)
    block = b"x" * 1_000_000
    frame = block if declared else b"%x\r\n%s\r\n" % (len(block), block)
    with socket.create_connection(("127.0.0.1", url.port or 80), timeout=60.0) as line:
        line.sendall(_head(url, path, visitor.cookies.for_path(path), declared=declared))
        while sent < HUGE and not _answers(line):
            try:
                line.sendall(frame)
            except (BrokenPipeError, ConnectionResetError):
                break
            sent += len(block)
            most = max(most, measured.memory_info().rss)
        said = line.makefile("rb").readline()
    return int(said.split()[1]), most


def _head(url: httpx.URL, path: str, cookie: str, *, declared: bool) -> bytes:
    length = f"Content-Length: {HUGE}" if declared else "Transfer-Encoding: chunked"
    return (
        f"POST {path} HTTP/1.1\r\nHost: {url.netloc.decode()}\r\n{length}\r\nContent-Type: {URL_ENCODED}\r\n"
        f"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nAccept: text/html\r\nCookie: {cookie}\r\n\r\n"
    ).encode()


def _answers(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return bool(line.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        line.settimeout(60.0)


FOREIGN = {
    "another site's form": {"Sec-Fetch-Site": "cross-site"},
    "a sister site's form": {"Sec-Fetch-Site": "same-site"},
    "nobody's form": {"Sec-Fetch-Site": "none"},
    "an old browser on another site": {"Origin": "https://ailleurs.example"},
    "a sandboxed frame": {"Origin": "null"},
    "who does not say": {},
    "our own host in the wrong place": {"Origin": "https://ailleurs.example", "Host": "localhost"},
}
UNSAFE = (
    "/connexion",
    "/connexion/deconnexion",
    "/messagerie/brouillons/{draft}/suppression",
    "/messagerie/conversations/{conversation}/reponse",
    "/profil/traitements/{entry}/retirer",
)


@pytest.mark.parametrize("path", UNSAFE)
@pytest.mark.parametrize("who", FOREIGN)
def test_another_sites_request_is_refused_and_changes_nothing(mine: Belongings, who: str, path: str) -> None:
    visitor = mine.owner.visitor
    address = path.format(**mine.ids)
    headers = {"Cookie": visitor.cookies.for_path(address), "Content-Type": URL_ENCODED, **FOREIGN[who]}

    answer = httpx.post(f"{visitor.origin}{address}", content=b"revision=1", headers=headers, timeout=60.0)

    assert answer.status_code in (403, 404)
    assert answer.status_code == 403 or "Host" in FOREIGN[who]
    assert visitor.get(f"/messagerie/brouillons/{mine.ids['draft']}").status == 200
    assert visitor.get("/profil/traitements").says("Lévothyrox")


def test_the_gateway_limits_log_in_attempts_and_says_so_in_words(stack: Stack, mine: Belongings) -> None:
    routes = yaml.safe_load((stack.instance.places.config / "routes.yaml").read_text())["http"]
    attempts, limit = routes["routers"]["login-attempts"], routes["middlewares"]["login-rate"]["rateLimit"]

    assert {"login-rate", "pages"} <= set(attempts["middlewares"])
    assert limit["average"] > 0
    assert limit["burst"] > 0
    assert "429" in routes["middlewares"]["pages"]["errors"]["status"]
    page: Page = mine.owner.visitor.get("/_gateway/429")
    assert page.says("Trop de tentatives")


@pytest.mark.parametrize("path", ["/health/ready", "/metrics", "/_/_static/x", "/messagerie/../metrics"])
def test_operators_pages_are_not_reached_through_the_gateway(mine: Belongings, path: str) -> None:
    assert mine.owner.visitor.get(path).status == 404


def test_an_address_of_another_kind_is_not_found(mine: Belongings) -> None:
    strange = replace(mine, ids=dict.fromkeys(mine.ids, "%00%ff..%2f..%2fetc"))
    for address in FORMS:
        if "{" in address:
            assert mine.owner.visitor.get(address.format(**strange.ids)).status in (400, 404, 405)
