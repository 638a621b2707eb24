"""The mailbox's keys, pressed: each does what its list says, none while one writes, none when switched off."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from demo import people
from demo.letters import Letter
from demo.letters import Person as Professional
from demo.professional import MailClient

from .person import Person

pytestmark = [pytest.mark.stack, pytest.mark.browser]

SUBJECT = "Votre rendez-vous de lundi"


@pytest.fixture
def mailbox(person: Person, mail_client: Callable[[Professional], MailClient]) -> Person:
    """The patient before a list of two: a letter on which a colleague is copied, and the welcome message."""
    me = Professional(person.patient.name, person.patient.mailbox)
    letter = Letter(sender=people.CHRISTELLE, to=[me], cc=[people.MARIE], subject=SUBJECT, text="À lundi.")
    mail_client(people.CHRISTELLE).send(letter, [me.address])
    person.log_in()
    person.finds(people.CHRISTELLE.name)
    return person


def test_the_keys_do_what_their_list_says(mailbox: Person) -> None:
    page = mailbox.page
    page.keyboard.press("j")
    expect(mailbox.row(people.CHRISTELLE.name)).to_be_focused()
    page.keyboard.press("j")
    expect(mailbox.row("Bienvenue")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    mailbox.sees_heading(SUBJECT)
    expect(page.locator("#repondre")).to_have_attribute("aria-keyshortcuts", "r")

    page.keyboard.press("m")
    mailbox.sees("Conversation marquée comme non lue")
    expect(mailbox.row(people.CHRISTELLE.name)).to_contain_text("Non lu :")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Conversation suivante")
    page.keyboard.press("n")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="Raccourcis clavier")).to_be_focused()

    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Rechercher")).to_be_focused()
    page.keyboard.type("nrtj")
    expect(page.get_by_role("searchbox", name="Rechercher")).to_have_value("nrtj")
    page.keyboard.press("Escape")

    mailbox.go("/messagerie")
    page.keyboard.press("n")
    mailbox.sees_heading("Nouveau message")


def test_t_answers_everyone(mailbox: Person) -> None:
    mailbox.row(people.CHRISTELLE.name).click()
    mailbox.sees_heading(SUBJECT)
    mailbox.page.keyboard.press("t")
    expect(mailbox.page.get_by_role("checkbox", name=people.CHRISTELLE.name)).to_be_checked()
    expect(mailbox.page.get_by_role("checkbox", name=people.MARIE.name)).to_be_checked()


def test_who_switched_them_off_presses_nothing(mailbox: Person) -> None:
    mailbox.page.keyboard.press("?")
    mailbox.press("Désactiver les raccourcis")
    mailbox.sees("Vos choix sont enregistrés")
    mailbox.go("/messagerie")
    expect(mailbox.row(people.CHRISTELLE.name)).to_be_visible()
    expect(mailbox.page.locator("[aria-keyshortcuts]")).to_have_count(0)
    mailbox.page.keyboard.press("n")
    mailbox.page.keyboard.press("j")
    expect(mailbox.row(people.CHRISTELLE.name)).not_to_be_focused()
    mailbox.sees_heading("Messagerie")
