"""The composition root: synthesis, built from one `Settings`."""

from pathlib import Path

from chassis.i18n import mark as _
from chassis.identity.guard import Guard
from chassis.process import Process
from chassis.service import assemble
from chassis.web import WebPages
from synthesis.domain.entries import LABELS
from synthesis.events import SynthesisEvents
from synthesis.objects import SynthesisObjects
from synthesis.pdf import Typesetter
from synthesis.settings import SynthesisSettings
from synthesis.store import SynthesisStore
from synthesis.web.forms import EntryForms
from synthesis.web.overview import OverviewPiece
from synthesis.web.pages import ProfilePages

HERE = Path(__file__).parent

CONTROLLERS = (OverviewPiece, ProfilePages, EntryForms)

PAGES = WebPages(
    prefix="/profil",
    templates=HERE / "web" / "templates",
    locale=HERE / "locale",
    static=HERE / "web" / "static",
    toasts={
        "entry-kept": _("Profil médical enregistré"),
        "entry-removed": _("Information retirée"),
        "profile-empty": _("Votre profil médical est vide : il n'y a rien à télécharger."),
    },
    labels={"name": _("Information"), **LABELS},
)


def build(settings: SynthesisSettings) -> Process:
    """The process of synthesis. Call it on the running event loop."""
    store = SynthesisStore(settings)
    objects = SynthesisObjects(settings)
    typesetter = Typesetter(settings.rendering_threads, settings.rendering_seconds)
    return assemble(
        settings,
        store,
        subscriptions=SynthesisEvents(store, objects, typesetter, settings.service_name).subscriptions(),
        controllers=CONTROLLERS,
        pages=PAGES,
        guard=Guard(settings),
        dependencies={"store": store, "typesetter": typesetter, "service_name": settings.service_name},
    )
