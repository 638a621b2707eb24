"""The home page: each panel comes from its owner, and waits for one that is away."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from demo.catcher import Catcher
from demo.patient import Patient
from stack.control import Stack
from tests.system.outages import without

from .person import SOON_MS, Person
from .watching import Watch

pytestmark = [pytest.mark.stack, pytest.mark.browser]

AWAY = "Cette partie ne répond pas pour l'instant. Nous réessayons."


@pytest.fixture
def person(
    new_context: Callable[..., tuple[BrowserContext, Watch]], origin: str, patient: Patient, catcher: Catcher
) -> Iterator[Person]:
    """The patient, before a site of which a part is away: that is what this is about."""
    context, watch = new_context()
    with watch.expecting(502, 503):
        yield Person(context.new_page(), origin, patient, catcher)


def test_a_panel_says_that_its_owner_is_away_and_comes_when_it_is_back(person: Person, stack: Stack) -> None:
    person.log_in()
    with without(stack, "synthesis"):
        person.go("/")
        vaccinations = person.page.get_by_role("region", name="Mes vaccinations")
        expect(person.page.get_by_role("region", name="Informations")).to_contain_text("1 message non lu")
        expect(vaccinations).to_contain_text(AWAY, timeout=SOON_MS)
        expect(vaccinations.get_by_role("link", name="Compléter la rubrique vaccination")).to_be_visible()
    expect(vaccinations).not_to_contain_text(AWAY, timeout=SOON_MS)
    expect(vaccinations).to_contain_text("Bien renseigner mes vaccinations")
