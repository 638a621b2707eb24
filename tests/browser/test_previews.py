"""A PDF in its page: drawn as one scrolls, heard page by page, four times as large, without JavaScript too."""

from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Name
from playwright.sync_api import Page, expect

from demo import people
from demo.letters import File, Letter
from demo.letters import Person as Professional
from demo.professional import MailClient

from .person import SOON_MS, Person
from .test_pages import hidden_to_the_right

pytestmark = [pytest.mark.stack, pytest.mark.browser]

PAGES = 30


def report() -> bytes:
    """A PDF of thirty pages, each of which says its number."""
    document = pikepdf.new()
    for number in range(1, PAGES + 1):
        page = document.add_blank_page(page_size=(595, 842))
        font = pikepdf.Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=document.make_indirect(font)))
        page.Contents = document.make_stream(f"BT /F1 40 Tf 72 700 Td (Feuillet {number}) Tj ET".encode())
    kept = BytesIO()
    document.save(kept)
    return kept.getvalue()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_long_pdf_is_seen_and_heard(
    scripts: bool, request: pytest.FixtureRequest, mail_client: Callable[[Professional], MailClient]
) -> None:
    person: Person = request.getfixturevalue("person" if scripts else "person_without_scripts")
    me = Professional(person.patient.name, person.patient.mailbox)
    files = [File(name="Compte rendu.pdf", media_type="application/pdf", content=report())]
    letter = Letter(sender=people.CHRISTELLE, to=[me], subject="Compte rendu", text="Voici.", files=files)
    mail_client(people.CHRISTELLE).send(letter, [me.address])
    person.log_in()
    person.finds(people.CHRISTELLE.name).click()
    person.follow("Compte rendu.pdf")
    person.sees("Pages 1 à 25 sur 30")
    first = person.page.get_by_role("region", name="Page 1 sur 30")
    expect(first).to_contain_text("Feuillet 1")
    if scripts:
        only_what_is_looked_at_is_drawn(person.page)
    grows_within_its_page(person)
    person.follow("Pages suivantes")
    expect(person.page.get_by_role("region", name="Page 30 sur 30")).to_contain_text("Feuillet 30")


def only_what_is_looked_at_is_drawn(page: Page) -> None:
    pictures = page.locator(".preview img")
    expect(pictures.first).not_to_have_js_property("naturalWidth", 0, timeout=SOON_MS)
    drawn = page.evaluate("[...document.querySelectorAll('.preview img')].filter(i => i.naturalWidth).length")
    assert drawn < 25
    page.get_by_role("region", name="Page 20 sur 30").scroll_into_view_if_needed()
    expect(pictures.nth(19)).not_to_have_js_property("naturalWidth", 0, timeout=SOON_MS)


def grows_within_its_page(person: Person) -> None:
    for _ in range(4):
        person.follow("Agrandir")
    person.sees("400 %")
    person.page.set_viewport_size({"width": 320, "height": 700})
    assert hidden_to_the_right(person.page) == 0
    box = person.page.locator(".preview img").first.bounding_box()
    assert box is not None and box["width"] > 800
    person.page.set_viewport_size({"width": 1280, "height": 900})
