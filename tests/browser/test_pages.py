"""Every page at a desk's, a tablet's and a small phone's width, light and dark: nothing cut off or unheard."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from demo.catcher import Catcher
from demo.letters import Person as Professional
from demo.professional import MailClient
from stack.control import Stack

from .conftest import HEIGHT, WIDTH, newcomer
from .furnishing import Space, furnish
from .person import Person
from .places import PLACES, Place, Who
from .watching import Watch

pytestmark = [pytest.mark.stack, pytest.mark.browser]

WIDTHS = (WIDTH, 768, 320)
AXE = Axe()
RULES = {"resultTypes": ["violations"], "iframes": False}
CONTRAST = {**RULES, "runOnly": ["color-contrast"]}


@pytest.fixture(scope="module")
def space(stack: Stack, origin: str, catcher: Catcher, mail_client: Callable[[Professional], MailClient]) -> Space:
    """A space with something of everything."""
    space = Space(newcomer(stack, origin), other=newcomer(stack, origin))
    return furnish(space, origin, catcher, mail_client)


@pytest.fixture(scope="module")
def viewers(
    chromium: Browser, stack: Stack, origin: str, catcher: Catcher, space: Space
) -> Iterator[dict[Who, tuple[Page, Watch]]]:
    """One page for each who looks; logged in once."""
    people = {Who.STRANGER: None, Who.NEWCOMER: newcomer(stack, origin), Who.PATIENT: space.patient}
    opened: dict[Who, tuple[Page, Watch]] = {}
    contexts: list[BrowserContext] = []
    for who, patient in people.items():
        context = chromium.new_context(locale="fr-FR", reduced_motion="reduce")
        contexts.append(context)
        opened[who] = (context.new_page(), Watch(context, origin))
        if patient is not None:
            Person(opened[who][0], origin, patient, catcher).log_in()
    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def reach(viewers: dict[Who, tuple[Page, Watch]], origin: str, space: Space) -> Iterator[Callable[[Place], Page]]:
    """Go to a place; whatever goes wrong there fails the test."""
    used: list[Watch] = []

    def go(place: Place) -> Page:
        page, watch = viewers[place.who]
        watch.wrong.clear()
        used.append(watch)
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.emulate_media(color_scheme="light")
        with watch.expecting(place.status):
            place.reach(page, origin, space)
            page.wait_for_load_state()
        return page

    yield go
    for watch in used:
        assert watch.wrong == []
        assert watch.asked_elsewhere == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_fits_and_can_be_heard(place: Place, reach: Callable[[Place], Page]) -> None:
    page = reach(place)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        assert hidden_to_the_right(page) == 0, f"{width} px: {widest(page)}"
    page.evaluate(_SPACED)
    assert hidden_to_the_right(page) == 0, f"spaced, 320 px: {widest(page)}"
    assert page.evaluate(_CUT_OFF) == [], "spaced, 320 px"
    page.evaluate("document.adoptedStyleSheets = []")
    for width in (320, WIDTH):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        assert found_by_axe(page, RULES) == [], f"{width} px"
    page.emulate_media(color_scheme="dark")
    assert found_by_axe(page, CONTRAST) == [], "dark"


def test_no_two_pages_have_the_same_title(reach: Callable[[Place], Page]) -> None:
    addresses: dict[str, set[str]] = {}
    for place in PLACES:
        page = reach(place)
        addresses.setdefault(page.title(), set()).add(page.url.split("?")[0].rstrip("/"))
    assert {title: found for title, found in addresses.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", ["identify", "code", "mailbox", "letter", "draft", "picker", "keep", "documents"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(name: str, reach: Callable[[Place], Page]) -> None:
    page = reach(next(place for place in PLACES if place.name == name))
    expect(page.locator(".person.htmx-request[hx-get]")).to_have_count(0)
    page.evaluate(_FROM_THE_TOP)
    seen: list[str] = []
    for _ in range(150):
        page.keyboard.press("Tab")
        stop: dict[str, Any] = page.evaluate(_FOCUSED)
        if seen and stop["name"] == seen[-1]:
            continue  # a date has three places to stop at
        if stop["name"] in seen or stop["name"].startswith("BODY"):
            break
        assert stop["shown"], f"no focus to be seen on {stop['name']}"
        assert stop["uncovered"], f"{stop['name']} is covered"
        seen.append(stop["name"])
    assert len(seen) >= page.locator("a[href]:visible, button:visible").count()


def test_what_is_told_by_colour_is_told_in_a_forced_palette_too(reach: Callable[[Place], Page]) -> None:
    page = reach(next(place for place in PLACES if place.name == "mailbox"))
    page.emulate_media(forced_colors="active")
    try:
        ground, dot, border = page.evaluate(_TOLD_BY_COLOUR)
        assert dot != ground
        assert border["width"] >= 2
        assert border["style"] == "solid"
        assert border["colour"] != ground
    finally:
        page.emulate_media(forced_colors="none")


def hidden_to_the_right(page: Page) -> int:
    """By how many pixels the page can be scrolled sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def widest(page: Page) -> str:
    """What reaches farthest to the right, for the message of a failed test."""
    return str(page.evaluate(_WIDEST))


def found_by_axe(page: Page, options: dict[str, Any]) -> list[str]:
    """One line for each element axe finds fault with."""
    violations = AXE.run(page, options=options).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in violations for node in each["nodes"]]


_TOLD_BY_COLOUR = """() => [
  getComputedStyle(document.body).backgroundColor,
  getComputedStyle(document.querySelector('.row.unread .dot')).backgroundColor,
  ((style) => ({
    colour: style.borderBlockEndColor,
    style: style.borderBlockEndStyle,
    width: parseFloat(style.borderBlockEndWidth),
  }))(getComputedStyle(document.querySelector('.nav [aria-current]'))),
]"""
_SPACED = """() => {
  // as far apart as readers may put letters, words, lines and paragraphs (WCAG 1.4.12)
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
    p { margin-block-end: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""
_CUT_OFF = """() => [...document.querySelectorAll('main *, header *, footer *, dialog *')]
  .filter((e) => {
    const style = getComputedStyle(e);
    if (!e.checkVisibility() || style.clipPath !== 'none' || e.matches('textarea, input, svg')) return false;
    if (style.webkitLineClamp !== 'none') return false;  // the beginning of what a press shows whole
    const cut = (axis) => ['hidden', 'clip'].includes(style[`overflow${axis}`]);
    return cut('Y') && e.scrollHeight > e.clientHeight + 2 || cut('X') && e.scrollWidth > e.clientWidth + 2;
  })
  .map((e) => e.outerHTML.slice(0, 120))"""

_WIDEST = """() => [...document.querySelectorAll('body *')]
  .map(e => [Math.round(e.getBoundingClientRect().right), e.outerHTML.slice(0, 120)])
  .sort((a, b) => b[0] - a[0])[0].join(' ')"""

_FROM_THE_TOP = """() => {
  // a press leaves its place behind as the one that Tab goes on from, also when nothing has the focus
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute('tabindex');
  getSelection().removeAllRanges();
  scrollTo(0, 0);
}"""
_FOCUSED = """() => {
  const at = document.activeElement;
  const ticked = at.type === 'radio' || at.type === 'checkbox';
  const outlined = (e) => {
    const style = getComputedStyle(e);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  };
  const box = at.getBoundingClientRect();
  const inside = box.top >= 0 && box.bottom <= innerHeight;
  const [x, y] = [box.x + Math.min(box.width / 2, 60), box.y + Math.min(box.height / 2, 20)];
  const top = document.elementFromPoint(x, y);
  const path = [];
  for (let e = at; e.parentElement; e = e.parentElement) path.unshift([...e.parentElement.children].indexOf(e));
  return {
    name: `${at.tagName} ${path.join('.')} ${at.textContent.trim().slice(0, 40)}`.trim(),
    shown: at.tagName === 'IFRAME' || outlined(at) || ticked && outlined(at.nextElementSibling ?? at),
    uncovered: !inside || at.parentElement.contains(top),
  };
}"""
