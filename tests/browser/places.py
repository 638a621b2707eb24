"""Every page of the site, and the states of each that look different: how to get there."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from playwright.sync_api import Page, expect

from demo.patient import Patient

from .furnishing import Space
from .person import SOON_MS

Reach = Callable[[Page, str, Space], None]


class Who(Enum):
    """Who looks: nobody signed in, somebody whose space is empty, or somebody who has something of everything."""

    STRANGER = auto()
    NEWCOMER = auto()
    PATIENT = auto()


@dataclass(frozen=True)
class Place:
    """A page or one of its states. `status` is what its address answers."""

    name: str
    who: Who
    reach: Reach
    status: int = 200


def _at(path: str) -> Reach:
    def go(page: Page, origin: str, space: Space) -> None:
        page.goto(f"{origin}{path}")

    return go


def _of(name: str) -> Reach:
    def go(page: Page, origin: str, space: Space) -> None:
        page.goto(f"{origin}{space[name]}")

    return go


def _identify(page: Page, origin: str, patient: Patient, password: str) -> None:
    page.goto(f"{origin}/connexion")
    page.get_by_label("Mon identifiant").fill(patient.identifier)
    page.get_by_label("Mon mot de passe", exact=True).fill(password)
    page.get_by_role("button", name="Continuer").click()


def _two_versions(page: Page, origin: str, space: Space) -> None:
    _of("two-versions")(page, origin, space)
    page.get_by_text("Afficher la version texte").click()
    expect(page.get_by_text("Ferritine")).to_be_visible()


def _wrong_password(page: Page, origin: str, space: Space) -> None:
    _identify(page, origin, space.other, "not-the-password")
    expect(page.get_by_role("alert")).to_be_visible()


def _choosing(page: Page, origin: str, space: Space) -> None:
    _identify(page, origin, space.other, space.other.password)
    expect(page.get_by_label("Par email")).to_be_visible()


def _no_contact(page: Page, origin: str, space: Space) -> None:
    _choosing(page, origin, space)
    page.get_by_role("link", name="Je n'ai plus accès").click()


def _code(page: Page, origin: str, space: Space) -> None:
    _choosing(page, origin, space)
    page.get_by_label("Par SMS").check()
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_label("Code d'accès")).to_be_visible()


def _wrong_code(page: Page, origin: str, space: Space) -> None:
    _code(page, origin, space)
    page.get_by_label("Code d'accès").fill("12")
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _activation_errors(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}/compte/activation")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _menu(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}/compte")
    expect(page.locator(".person summary")).to_contain_text(space.patient.given_name)
    page.locator(".person summary").click()


def _session_over(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}/compte")
    page.evaluate("document.dispatchEvent(new Event('pli:session-over'))")
    expect(page.get_by_role("dialog", name="Votre session a expiré")).to_be_visible()


def _dialog(page: Page, origin: str, space: Space) -> None:
    _of("pdf")(page, origin, space)
    page.get_by_role("link", name="Ajouter à mes documents santé").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    _first_page_is_there(page)


def _first_page_is_there(page: Page) -> None:
    expect(page.locator(".first-page img")).not_to_have_js_property("naturalWidth", 0, timeout=SOON_MS)


def _pdf(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}{space['pdf']}")
    _drawn(page)


def _drawn(page: Page) -> None:
    """Its pages are drawn when they are looked at: wait for the first."""
    expect(page.locator(".preview img").first).not_to_have_js_property("naturalWidth", 0, timeout=SOON_MS)


def _large(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}{space['pdf']}?zoom=400")
    _drawn(page)


def _document(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}{space['document']}")
    _drawn(page)


def _not_mine(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}{space['answered']}")
    link = page.get_by_role("link", name="Ce message ne me concerne pas")
    page.goto(f"{origin}{link.get_attribute('href')}")


def _print(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}{space['answered']}/imprimer")


def _keep_errors(page: Page, origin: str, space: Space) -> None:
    _of("keep")(page, origin, space)
    page.get_by_label("Nom du document").fill("Résultats (juin)")
    page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_role("alert")).to_be_visible()
    _first_page_is_there(page)


def _add_errors(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}/documents/ajouter")
    page.get_by_label("Nom du document").fill("Ordonnance (avril)")
    page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _entry_errors(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}/profil/traitements/nouveau")
    page.get_by_label("Depuis").fill("hier")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _toast(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}/messagerie")
    page.context.grant_permissions(["clipboard-write"], origin=origin)
    page.get_by_role("button", name="Copier les informations").click()
    expect(page.get_by_role("status").filter(has_text="Informations copiées")).to_be_visible()


def _filtered(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}/messagerie")
    page.get_by_role("link", name="Avec documents").click()
    expect(page.get_by_role("link", name="filtre posé")).to_be_visible()


def _by_professional(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}/messagerie/professionnels")
    page.get_by_role("link", name="Angélique Delaunay").click()
    expect(page.get_by_role("link", name="filtre posé")).to_be_visible()


def _shortcuts(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}/messagerie")
    page.get_by_role("heading", name="Messagerie").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Raccourcis clavier")).to_be_visible()


def _deletion(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}{space['answered']}/suppression")


def _deletion_dialog(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}{space['answered']}")
    page.get_by_role("link", name="Supprimer la conversation").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _nobody_chosen(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}/messagerie/nouveau")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _document_to_send(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}{space['document']}")
    page.get_by_role("button", name="Envoyer à un professionnel").click()
    expect(page.get_by_role("heading", name="Nouveau message")).to_be_visible()


def _news(page: Page, origin: str, space: Space) -> None:
    """What is said when a letter has come: to a page that asks as if it knew of none."""
    page.goto(f"{origin}/messagerie")
    page.route(
        "**/messagerie/liste?*",
        lambda route: route.fallback(url=re.sub(r"vue=\d+", "vue=0", route.request.url)),
        times=1,
    )
    page.locator("body").dispatch_event("pli:mailbox")
    expect(page.get_by_role("button", name="afficher")).to_be_visible()


def _without_a_word(page: Page, origin: str, space: Space) -> None:
    page.goto(f"{origin}{space['answered']}")
    page.get_by_role("button", name="Répondre").first.click()
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert")).to_be_visible()


PLACES = (
    Place("front", Who.STRANGER, _at("/")),
    Place("identify", Who.STRANGER, _at("/connexion")),
    Place("identify-refused", Who.STRANGER, _wrong_password, status=401),
    Place("channel", Who.STRANGER, _choosing),
    Place("no-contact", Who.STRANGER, _no_contact),
    Place("forgotten", Who.STRANGER, _at("/connexion/oubli")),
    Place("code", Who.STRANGER, _code),
    Place("code-refused", Who.STRANGER, _wrong_code, status=400),
    Place("activation", Who.STRANGER, _at("/compte/activation")),
    Place("activation-refused", Who.STRANGER, _activation_errors, status=422),
    Place("help", Who.STRANGER, _at("/aide")),
    Place("site-map", Who.STRANGER, _at("/plan-du-site")),
    Place("accessibility", Who.STRANGER, _at("/accessibilite")),
    Place("legal", Who.STRANGER, _at("/mentions-legales")),
    Place("personal-data", Who.STRANGER, _at("/donnees-personnelles")),
    Place("cookies", Who.STRANGER, _at("/cookies")),
    Place("about", Who.STRANGER, _at("/a-propos")),
    Place("logged-out", Who.STRANGER, _at("/connexion/deconnexion")),
    Place("nowhere", Who.STRANGER, _at("/nulle-part"), status=404),
    Place("notice", Who.STRANGER, _of("notice")),
    Place("mailbox-empty", Who.NEWCOMER, _at("/messagerie")),
    Place("documents-empty", Who.NEWCOMER, _at("/documents")),
    Place("picker-empty", Who.NEWCOMER, _at("/documents/choisir?brouillon=00000000-0000-7000-8000-000000000000")),
    Place("profile-empty", Who.NEWCOMER, _at("/profil")),
    Place("section-empty", Who.NEWCOMER, _at("/profil/mesures")),
    Place("home", Who.PATIENT, _at("/")),
    Place("account", Who.PATIENT, _at("/compte")),
    Place("menu", Who.PATIENT, _menu),
    Place("devices", Who.PATIENT, _at("/compte/appareils")),
    Place("preferences", Who.PATIENT, _at("/compte/preferences")),
    Place("session-over", Who.PATIENT, _session_over),
    Place("mailbox", Who.PATIENT, _at("/messagerie")),
    Place("mailbox-toast", Who.PATIENT, _toast),
    Place("mailbox-news", Who.PATIENT, _news),
    Place("mailbox-filtered", Who.PATIENT, _filtered),
    Place("mailbox-nothing-left", Who.NEWCOMER, _at("/messagerie?documents=1")),
    Place("professionals", Who.PATIENT, _at("/messagerie/professionnels")),
    Place("professionals-none", Who.NEWCOMER, _at("/messagerie/professionnels")),
    Place("by-professional", Who.PATIENT, _by_professional),
    Place("search", Who.PATIENT, _at("/messagerie/recherche?q=bonjour")),
    Place("search-nothing", Who.PATIENT, _at("/messagerie/recherche?q=zygomatique")),
    Place("search-no-word", Who.PATIENT, _at("/messagerie/recherche?q=de")),
    Place("trash", Who.PATIENT, _at("/messagerie/corbeille")),
    Place("trash-empty", Who.NEWCOMER, _at("/messagerie/corbeille")),
    Place("trashed", Who.PATIENT, _of("trashed")),
    Place("deletion", Who.PATIENT, _deletion),
    Place("deletion-dialog", Who.PATIENT, _deletion_dialog),
    Place("new-message", Who.PATIENT, _at("/messagerie/nouveau")),
    Place("new-message-with-document", Who.PATIENT, _document_to_send),
    Place("new-message-refused", Who.PATIENT, _nobody_chosen, status=422),
    Place("new-message-nobody", Who.NEWCOMER, _at("/messagerie/nouveau")),
    Place("shortcuts-dialog", Who.PATIENT, _shortcuts),
    Place("address", Who.PATIENT, _at("/messagerie/adresse")),
    Place("letter", Who.PATIENT, _of("letter")),
    Place("answered", Who.PATIENT, _of("answered")),
    Place("two-versions", Who.PATIENT, _two_versions),
    Place("undelivered", Who.PATIENT, _of("undelivered")),
    Place("mailbox-preferences", Who.PATIENT, _at("/messagerie/preferences")),
    Place("shortcuts", Who.PATIENT, _at("/messagerie/raccourcis")),
    Place("ended", Who.PATIENT, _of("ended")),
    Place("welcome", Who.PATIENT, _of("welcome")),
    Place("exchanges", Who.PATIENT, _at("/messagerie/echanges")),
    Place("attachment-pdf", Who.PATIENT, _pdf),
    Place("attachment-picture", Who.PATIENT, _of("picture")),
    Place("attachment-text", Who.PATIENT, _of("text")),
    Place("attachment-zip", Who.PATIENT, _of("zip")),
    Place("attachment-document", Who.PATIENT, _of("structured")),
    Place("attachment-pdf-large", Who.PATIENT, _large),
    Place("print", Who.PATIENT, _print),
    Place("set-aside", Who.PATIENT, _not_mine),
    Place("keep", Who.PATIENT, _of("keep")),
    Place("keep-dialog", Who.PATIENT, _dialog),
    Place("keep-refused", Who.PATIENT, _keep_errors, status=422),
    Place("kept", Who.PATIENT, _of("kept")),
    Place("draft", Who.PATIENT, _of("draft")),
    Place("draft-blocked", Who.PATIENT, _of("blocked-draft")),
    Place("draft-refused", Who.PATIENT, _without_a_word, status=409),
    Place("add", Who.PATIENT, _of("add")),
    Place("device", Who.PATIENT, _of("device")),
    Place("removed-drafts", Who.PATIENT, _at("/messagerie/brouillons/supprimes")),
    Place("picker", Who.PATIENT, _of("picker")),
    Place("documents", Who.PATIENT, _at("/documents")),
    Place("documents-add", Who.PATIENT, _at("/documents/ajouter")),
    Place("documents-add-refused", Who.PATIENT, _add_errors, status=422),
    Place("documents-filtered", Who.PATIENT, _at("/documents?categorie=imaging")),
    Place("document", Who.PATIENT, _document),
    Place("profile", Who.PATIENT, _at("/profil")),
    Place("section", Who.PATIENT, _of("section")),
    Place("entry-new", Who.PATIENT, _at("/profil/traitements/nouveau")),
    Place("entry", Who.PATIENT, _of("entry")),
    Place("entry-refused", Who.PATIENT, _entry_errors, status=422),
    Place("removal", Who.PATIENT, _of("removal")),
    Place(
        "not-mine", Who.PATIENT, _at("/messagerie/conversations/00000000-0000-7000-8000-000000000000"), status=404
    ),
)
