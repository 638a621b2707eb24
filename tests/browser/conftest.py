"""Chromium over the running stack, with a patient of its own for each test."""

import itertools
import secrets
import shutil
import smtplib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from demo import people
from demo.catcher import Catcher
from demo.letters import Letter
from demo.letters import Person as Professional
from demo.patient import Patient, activate, another, invite
from demo.professional import MailClient
from demo.visitor import Visitor
from stack.control import Stack

from .person import Person
from .receiving import Receives
from .watching import Watch

WIDTH, HEIGHT = 1280, 900
SOON_S, POLL_S = 30.0, 0.2
FAILED = pytest.StashKey[bool]()
_numbers = itertools.count(secrets.randbelow(80_000) + 10_000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Let fixtures know that their test failed."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; no longer than these tests, whose loop others must not meet."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def origin(stack: Stack) -> str:
    """The patients' site."""
    return f"http://localhost:{stack.ports['gateway']}"


@pytest.fixture(scope="session")
def catcher(stack: Stack) -> Iterator[Catcher]:
    """Where all mail ends."""
    catcher = Catcher(f"http://localhost:{stack.ports['mail-web']}")
    yield catcher
    catcher.close()


@pytest.fixture(scope="session")
def mail_client(stack: Stack) -> Iterator[Callable[[Professional], MailClient]]:
    """The mail client of any professional."""
    clients: list[MailClient] = []

    def of(person: Professional) -> MailClient:
        catcher = f"http://localhost:{stack.ports['mail-web']}"
        clients.append(MailClient(person, door_port=stack.ports["door"], catcher=catcher))
        return clients[-1]

    yield of
    for client in clients:
        client.close()


@pytest.fixture
def patient(stack: Stack, origin: str) -> Patient:
    """Somebody new, with an active space."""
    return newcomer(stack, origin)


def newcomer(stack: Stack, origin: str) -> Patient:
    """Invite and activate a patient nobody has written to, whose mailbox the door knows."""
    patient = another(next(_numbers) % 100_000, f"Pli-{secrets.token_urlsafe(9)}")
    with Visitor(origin, timeout=60.0) as visitor:
        activate(visitor, patient, invite(patient, stack.env("auth")))
    _wait_for_mailbox(patient, stack.ports["door"])
    return patient


def _wait_for_mailbox(patient: Patient, door: int) -> None:
    give_up = time.monotonic() + SOON_S
    while not _is_known(patient.mailbox, door):
        assert time.monotonic() < give_up, f"no mailbox for {patient.identifier}"
        time.sleep(POLL_S)


def _is_known(mailbox: str, door: int) -> bool:
    with smtplib.SMTP("127.0.0.1", door, timeout=60) as client:
        client.ehlo()
        client.mail(people.CHRISTELLE.address)
        return client.rcpt(mailbox)[0] == 250


@pytest.fixture
def new_context(
    chromium: Browser, origin: str, stack: Stack, request: pytest.FixtureRequest
) -> Iterator[Callable[..., tuple[BrowserContext, Watch]]]:
    """Browser contexts that are watched: what goes wrong on any of their pages fails the test.

    Of a test that failed, its pages' last sight is kept in `.pli/<instance>/pictures`.
    """
    opened: list[tuple[BrowserContext, Watch]] = []

    def make(**options: Any) -> tuple[BrowserContext, Watch]:
        context = chromium.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, locale="fr-FR", accept_downloads=True, **options
        )
        opened.append((context, Watch(context, origin)))
        return opened[-1]

    yield make
    for context, _ in opened:
        if request.node.stash.get(FAILED, False):
            _keep_sight(context, stack.instance.places.root / "pictures", request.node.name)
        context.close()
    for _, watch in opened:
        assert watch.wrong == []
        assert watch.asked_elsewhere == []


def _keep_sight(context: BrowserContext, folder: Path, name: str) -> None:
    for number, page in enumerate(context.pages):
        page.screenshot(path=folder / f"{name}-{number}.png")


@pytest.fixture
def person(new_context: Callable[..., Any], origin: str, patient: Patient, catcher: Catcher) -> Person:
    """The patient in front of Chromium."""
    context, _ = new_context()
    return Person(context.new_page(), origin, patient, catcher)


@pytest.fixture
def person_without_scripts(
    new_context: Callable[..., Any], origin: str, patient: Patient, catcher: Catcher
) -> Person:
    """The patient in front of a Chromium that runs no JavaScript."""
    context, _ = new_context(java_script_enabled=False)
    return Person(context.new_page(), origin, patient, catcher)


@pytest.fixture
def receives(
    new_context: Callable[..., tuple[BrowserContext, Watch]],
    mail_client: Callable[[Professional], MailClient],
    origin: str,
    patient: Patient,
    catcher: Catcher,
) -> Receives:
    """Send the patient a letter, and open the conversation whose row says these words."""

    def open_letter(letter: Letter, words: str) -> tuple[Person, Watch]:
        context, watch = new_context()
        mail_client(letter.sender).send(letter, [patient.mailbox])
        person = Person(context.new_page(), origin, patient, catcher)
        person.log_in()
        person.finds(words).click()
        return person, watch

    return open_letter
