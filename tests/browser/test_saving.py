"""A draft while the site can't be reached: nothing that was typed is lost, and nothing false is said of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from demo import people
from demo.letters import Letter
from stack.control import Stack
from tests.system.outages import frozen
from tests.system.waiting import until

from .person import SOON_MS, Person
from .receiving import Receives

pytestmark = [pytest.mark.stack, pytest.mark.browser]

WORDS = "J'ai mal depuis lundi.\nMerci."
ANSWERED_MS = 10_000
"""Of a save: a second after the last key, and two until it is known that the store says nothing."""
NOT_SENT = "Rien n'a été envoyé : le site ne répond pas."


@pytest.fixture
def answering(receives: Receives) -> Iterator[Person]:
    """The patient on the page of a draft; that the site doesn't answer is what these tests are about."""
    letter = Letter(sender=people.CHRISTELLE, to=[], subject="Votre genou", text="Comment allez-vous ?")
    person, watch = receives(letter, "Votre genou")
    person.press("Répondre")
    person.sees_heading("Répondre")
    with watch.expecting(502, 503):
        yield person


def cut(page: Page) -> None:
    """Nothing is saved any more."""
    page.route("**/messagerie/brouillons/*", refused)


def mended(page: Page) -> None:
    """All is saved again."""
    page.unroute("**/messagerie/brouillons/*", refused)


def refused(route: Route) -> None:
    """As a service that is away."""
    if route.request.method == "POST":
        route.fulfill(status=502)
    else:
        route.continue_()


def writes_in_vain(answering: Person) -> None:
    """Type while nothing is saved, until the page says so."""
    cut(answering.page)
    answering.fill("Mon message", WORDS)
    saying = answering.page.locator("#enregistre")
    expect(saying).to_have_text("Non enregistré, nous réessayons.", timeout=SOON_MS)


def test_what_could_not_be_saved_is_not_sent_and_stays_in_the_page(answering: Person) -> None:
    page = answering.page
    writes_in_vain(answering)
    answering.mark_page()
    answering.press("Envoyer")
    answering.sees(NOT_SENT)
    assert answering.same_page()
    expect(page.get_by_label("Mon message")).to_have_value(WORDS)

    mended(page)
    answering.press("Envoyer")
    answering.sees("Message envoyé")
    answering.sees("J'ai mal depuis lundi.")


def test_leaving_before_it_is_saved_is_asked_about_first(answering: Person) -> None:
    page = answering.page
    writes_in_vain(answering)
    answering.mark_page()
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Documents", exact=True).first.click(no_wait_after=True)
    until(lambda: asked, what="the browser asks")
    assert asked == ["beforeunload"]
    assert answering.same_page()

    mended(page)
    expect(page.locator("#enregistre")).to_contain_text("Brouillon enregistré", timeout=SOON_MS)
    page.get_by_role("link", name="Documents", exact=True).first.click()
    answering.sees_heading("Documents")


def test_a_line_that_is_cut_as_one_sends_costs_no_word(answering: Person) -> None:
    page = answering.page
    cut(page)
    answering.fill("Mon message", WORDS)
    answering.mark_page()
    answering.press("Envoyer")
    answering.sees(NOT_SENT)
    assert answering.same_page()
    mended(page)
    expect(page.locator("#enregistre")).to_contain_text("Brouillon enregistré", timeout=SOON_MS)
    page.reload()
    expect(page.get_by_label("Mon message")).to_have_value(WORDS)


def test_what_the_browser_puts_back_into_the_page_is_saved(answering: Person) -> None:
    page = answering.page
    draft = page.url
    writes_in_vain(answering)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Documents", exact=True).first.click()
    answering.sees_heading("Documents")
    mended(page)
    page.go_back()
    expect(page.get_by_label("Mon message")).to_have_value(WORDS)
    until(lambda: "mal depuis lundi" in page.request.get(draft).text(), what="the words saved")
    expect(page.get_by_text("29 / 20 000 caractères")).to_be_visible()


def test_reloading_the_answer_to_a_button_leads_back_to_the_draft(answering: Person) -> None:
    draft = answering.page.url
    answering.page.goto(f"{draft}/envoi")
    answering.sees_heading("Répondre")
    assert answering.page.url == draft


def test_words_typed_just_before_a_reload_are_all_kept(answering: Person) -> None:
    page = answering.page
    draft = page.url
    for word in ("un", "deux", "trois", "quatre"):
        page.get_by_label("Mon message").press("End")
        page.keyboard.type(f" {word}")
        page.reload()
        answering.sees_heading("Répondre")
    expect(page.get_by_label("Mon message")).to_have_value(" un deux trois quatre")
    until(lambda: "un deux trois quatre" in page.request.get(draft).text(), what="the words saved")
    expect(page.locator("#enregistre")).to_contain_text("Brouillon enregistré", timeout=SOON_MS)


def test_what_is_typed_while_the_store_is_frozen_is_saved_once_it_speaks_again(
    answering: Person, stack: Stack
) -> None:
    page, said = answering.page, answering.page.locator("#enregistre")
    answering.fill("Mon message", "Avant.")
    expect(said).to_contain_text("Brouillon enregistré", timeout=SOON_MS)
    with frozen(stack, "mongodb"):
        answering.fill("Mon message", WORDS)
        expect(said).to_have_text("Non enregistré, nous réessayons.", timeout=ANSWERED_MS)
        answering.mark_page()
        answering.press("Envoyer")
        answering.sees(NOT_SENT)
        assert answering.same_page()
    expect(said).to_contain_text("Brouillon enregistré", timeout=SOON_MS)
    page.reload()
    expect(page.get_by_label("Mon message")).to_have_value(WORDS)
    answering.press("Envoyer")
    answering.sees("Message envoyé")
    expect(page.get_by_text("J'ai mal depuis lundi.")).to_have_count(1)
