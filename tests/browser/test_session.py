"""The end of a session in the middle of a sentence: nothing typed is lost."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, expect
from pymongo import MongoClient

from demo import people
from demo.catcher import Catcher
from demo.letters import Letter
from demo.letters import Person as Professional
from demo.patient import Patient, wait_for_code
from demo.professional import MailClient
from stack.control import Stack

from .person import SOON_MS, Person
from .watching import Watch

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TYPED = "Bonjour Christelle,\nje vous envoie mes analyses demain."
TRIES = 20


def leave_for_an_hour(stack: Stack, patient: Patient) -> None:
    """Let auth believe that the patient did nothing for an hour."""
    env = stack.env("auth")
    client: MongoClient[dict[str, object]] = MongoClient(
        env["PLI_MONGO_URI"],
        username=env["PLI_MONGO_USERNAME"],
        password=env["PLI_MONGO_PASSWORD"],
        authSource="admin",
    )
    database = client[env["PLI_MONGO_DATABASE"]]
    account = database["accounts"].find_one({"identifier": patient.identifier})
    assert account is not None
    past = datetime.now(UTC) - timedelta(hours=1)
    database["sessions"].update_many(
        {"patient_id": account["_id"]}, {"$set": {"last_active_at": past, "ends_at": past}}
    )
    client.close()


@pytest.fixture
def person(
    new_context: Callable[..., tuple[BrowserContext, Watch]], origin: str, patient: Patient, catcher: Catcher
) -> Iterator[Person]:
    """The patient, whose session will be refused: that is what this is about."""
    context, watch = new_context()
    with watch.expecting(401):
        yield Person(context.new_page(), origin, patient, catcher)


@pytest.fixture
def answering(person: Person, patient: Patient, mail_client: Callable[[Professional], MailClient]) -> Person:
    """The patient in the middle of an answer."""
    me = Professional(patient.name, patient.mailbox)
    letter = Letter(sender=people.CHRISTELLE, to=[me], subject="Préparation de votre rendez-vous", text="Bonjour")
    mail_client(people.CHRISTELLE).send(letter, [patient.mailbox])
    person.log_in()
    person.finds("Christelle").click()
    person.press("Répondre")
    person.sees_heading("Répondre")
    return person


def test_what_was_typed_when_the_session_ended_is_in_the_page_after_the_log_in(
    answering: Person, patient: Patient, stack: Stack
) -> None:
    person = answering
    address = person.page.url

    leave_for_an_hour(stack, patient)
    dialog = person.page.get_by_role("dialog", name="Votre session a expiré")
    field = person.page.get_by_label("Mon message")
    for number in range(TRIES):
        field.fill(f"{TYPED} {number}")
        try:
            expect(dialog).to_be_visible(timeout=SOON_MS / TRIES)
        except AssertionError:
            continue
        break
    typed = field.input_value()

    since = datetime.now(UTC)
    dialog.get_by_role("button", name="Se connecter").click()
    person.fill("Mon identifiant", patient.identifier)
    person.fill("Mon mot de passe", patient.password)
    person.press("Continuer")
    person.choose_email()
    person.fill("Code d'accès à usage unique", wait_for_code(person.catcher, patient, since))
    person.press("Se connecter")

    person.sees("Votre session a expiré. Votre saisie est conservée.")
    assert person.page.url == address
    expect(person.page.get_by_label("Mon message")).to_have_value(typed)


def test_after_the_log_out_going_back_shows_nothing(person: Person, patient: Patient) -> None:
    person.log_in()
    person.go("/compte")
    person.sees(patient.identifier)
    person.press("Se déconnecter")
    person.sees_heading("Vous êtes déconnecté")
    person.page.go_back()
    person.sees_heading("1 Je m'identifie")
    person.sees_not(patient.identifier)


def test_a_log_in_in_another_tab_ends_the_dialog_and_saves_what_was_typed(answering: Person) -> None:
    page = answering.page
    draft = page.url
    answering.mark_page()
    other = Person(page.context.new_page(), answering.origin, answering.patient, answering.catcher)
    other.go("/compte")
    other.press("Se déconnecter")
    other.sees_heading("Vous êtes déconnecté")
    answering.fill("Mon message", TYPED)
    dialog = page.get_by_role("dialog", name="Votre session a expiré")
    expect(dialog).to_be_visible(timeout=SOON_MS)

    other.log_in()
    expect(dialog).to_have_count(0, timeout=SOON_MS)
    expect(page.locator("#enregistre")).to_contain_text("Brouillon enregistré", timeout=SOON_MS)
    assert answering.same_page()
    other.page.goto(draft)
    expect(other.page.get_by_label("Mon message")).to_have_value(TYPED)
