"""What reaches a conversation while it is open: without reloading, without taking the place of who reads."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from demo import people
from demo.letters import Letter
from demo.letters import Person as Professional
from demo.professional import MailClient

from .person import SOON_MS, Person

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def test_a_letter_and_an_end_reach_a_page_that_is_open(
    person: Person, mail_client: Callable[[Professional], MailClient]
) -> None:
    me = Professional(person.patient.name, person.patient.mailbox)
    christelle = mail_client(people.CHRISTELLE)
    first = Letter(sender=people.CHRISTELLE, to=[me], subject="Votre rendez-vous", text="La première lettre.")
    christelle.send(first, [me.address])
    person.log_in()
    person.finds(people.CHRISTELLE.name).click()
    person.sees_heading("Votre rendez-vous")
    person.mark_page()
    person.page.locator("#repondre").focus()

    second = Letter(
        sender=people.CHRISTELLE,
        to=[me],
        subject="Re: Votre rendez-vous",
        text="La seconde lettre.",
        answers=[first.message_id],
    )
    christelle.send(second, [me.address])
    letters = person.page.locator("#lettres article")
    expect(letters).to_have_count(2, timeout=SOON_MS)
    newest = person.page.frame_locator("iframe.letter-frame").first
    expect(newest.get_by_text("La seconde lettre.")).to_be_visible()
    expect(person.page.locator("#annonce")).to_have_text(
        "Un nouveau message de Christelle Thomas vient d'arriver au-dessus des autres."
    )
    expect(person.page.locator(".unread-count .count")).to_have_text("1")  # the welcome message
    expect(person.page.locator("#repondre")).to_be_focused()

    christelle.end_exchange(me)
    person.sees(f"{people.CHRISTELLE.name} a mis fin à vos échanges")
    expect(person.page.get_by_role("button", name="Répondre")).to_have_count(0)
    assert person.same_page()
