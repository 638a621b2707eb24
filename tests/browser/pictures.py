"""Pictures of every page on a running stack, wide and narrow, light and dark: `make pictures`.

All go to `.pli/<instance>/pictures`; those that the README and the documentation show, to `docs/pictures` too.
"""

import secrets
import shutil
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from demo.catcher import Catcher
from demo.letters import Person as Professional
from demo.patient import INAYA, Patient, activate, another, invite
from demo.professional import MailClient
from demo.visitor import Visitor
from stack.control import Stack

from .furnishing import Space, furnish
from .person import Person
from .places import PLACES, Place, Who

SIZES = {"wide": (1280, 1080), "tablet": (768, 1024), "narrow": (320, 720)}
SCHEMES = ("light", "dark")
SHOWN = Path(__file__).parents[2] / "docs" / "pictures"
COMMITTED = {
    "letter-wide-light": "mailbox",
    "letter-wide-dark": "mailbox-dark",
    "letter-narrow-light": "letter-phone",
    "draft-wide-light": "reply",
    "profile-wide-light": "profile",
}
"""Which pictures are committed, and under what name."""
COLOURS = 200


class Studio:
    """A stack, its people and a browser: takes a picture of a place."""

    def __init__(self, stack: Stack, browser: Browser) -> None:
        self.origin = f"http://localhost:{stack.ports['gateway']}"
        self.folder = stack.instance.places.root / "pictures"
        self.folder.mkdir(exist_ok=True)
        self._mail_web = f"http://localhost:{stack.ports['mail-web']}"
        self._stack = stack
        self._browser = browser
        self._catcher = Catcher(self._mail_web)

    def invite(self) -> Patient:
        """Another Inaya Michel, whose space is empty."""
        number = secrets.randbelow(100_000)
        inaya = replace(
            another(number, f"Pli-{secrets.token_urlsafe(9)}"),
            given_name=INAYA.given_name,
            identifier=f"inaya.m{number:05d}",
        )
        with Visitor(self.origin, timeout=60.0) as visitor:
            activate(visitor, inaya, invite(inaya, self._stack.env("auth")))
        return inaya

    def furnish(self) -> Space:
        """Give her something of everything."""
        return furnish(Space(self.invite(), other=self.invite()), self.origin, self._catcher, self._mail_client)

    def _mail_client(self, person: Professional) -> MailClient:
        return MailClient(person, door_port=self._stack.ports["door"], catcher=self._mail_web)

    def open(self, patient: Patient | None) -> Page:
        """A page of a browser of its own, of this patient or of nobody."""
        page = self._browser.new_context(locale="fr-FR", reduced_motion="reduce").new_page()
        if patient is not None:
            Person(page, self.origin, patient, self._catcher).log_in()
        return page

    def shoot(self, page: Page, place: Place, space: Space) -> None:
        """Every size and scheme of a place."""
        place.reach(page, self.origin, space)
        for size, (width, height) in SIZES.items():
            for scheme in SCHEMES:
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme=scheme)
                self._keep(page, f"{place.name}-{size}-{scheme}")

    def _keep(self, page: Page, name: str) -> None:
        expect(page.locator(".htmx-request")).to_have_count(0)
        page.evaluate("document.fonts.ready")
        taken = page.screenshot(full_page=name not in COMMITTED)
        (self.folder / f"{name}.png").write_bytes(taken)
        if name in COMMITTED:
            (SHOWN / f"{COMMITTED[name]}.png").write_bytes(small(taken))


def small(taken: bytes) -> bytes:
    """The same picture with a palette: flat colours and text lose nothing one can see."""
    kept = BytesIO()
    picture = Image.open(BytesIO(taken)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
    return kept.getvalue()


def main(names: list[str]) -> int:
    """Shoot the places of these names, or all."""
    SHOWN.mkdir(parents=True, exist_ok=True)
    stack = Stack()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        studio = Studio(stack, browser)
        space = studio.furnish()
        pages = {
            Who.STRANGER: studio.open(None),
            Who.NEWCOMER: studio.open(studio.invite()),
            Who.PATIENT: studio.open(space.patient),
        }
        for place in PLACES:
            if not names or place.name in names:
                studio.shoot(pages[place.who], place, space)
        browser.close()
    sys.stdout.write(f"{studio.folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
