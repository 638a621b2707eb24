"""The composition root: documents, built from one `Settings`."""

from pathlib import Path

from chassis.i18n import mark as _
from chassis.identity.guard import Guard
from chassis.objects import watch_objects
from chassis.previews.previewer import Previewer
from chassis.process import Process
from chassis.service import assemble
from chassis.web import WebPages
from documents.events import DocumentsEvents
from documents.objects import DocumentObjects
from documents.settings import DocumentsSettings
from documents.store import DocumentsStore
from documents.web.adding import Adding
from documents.web.overview import OverviewPieces
from documents.web.pages import DocumentPages
from documents.web.picker import Picker

HERE = Path(__file__).parent

CONTROLLERS = (Adding, OverviewPieces, DocumentPages, Picker)


def build(settings: DocumentsSettings) -> Process:
    """The process of documents. Call it on the running event loop."""
    store = DocumentsStore(settings)
    objects = DocumentObjects(settings)
    return assemble(
        settings,
        store,
        subscriptions=DocumentsEvents(store, objects).subscriptions(),
        controllers=CONTROLLERS,
        pages=PAGES,
        guard=Guard(settings),
        dependencies={"store": store, "objects": objects, "previewer": Previewer()},
        watches=[watch_objects(settings)],
    )


PAGES = WebPages(
    prefix="/documents",
    templates=HERE / "web" / "templates",
    locale=HERE / "locale",
    static=HERE / "web" / "static",
    toasts={"document-added": _("Document ajouté")},
    labels={"nom": _("Nom du document")},
)
