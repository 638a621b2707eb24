"""The keys that do something in the mailbox, listed: a page, and a dialog where scripts run."""

from collections.abc import Sequence

from litestar import Controller, get
from litestar.response import Template

from chassis import web
from chassis.i18n import mark as _
from messaging.web.asking import GivenStore, PatientRequest

SHORTCUTS: Sequence[tuple[str, str]] = (
    ("j", _("Conversation suivante")),
    ("k", _("Conversation précédente")),
    ("/", _("Rechercher dans mes messages")),
    ("n", _("Nouveau message")),
    ("r", _("Répondre")),
    ("t", _("Répondre à tous")),
    ("m", _("Marquer comme non lu")),
    ("?", _("Raccourcis clavier")),
)
"""Key and what it does. `keys.js` presses what carries `data-key`; `j` and `k` walk the list."""


class ShortcutPages(Controller):
    """`/messagerie/raccourcis`."""

    path = "/messagerie/raccourcis"

    @get("/")
    async def shortcuts(self, request: PatientRequest, store: GivenStore) -> Template:
        """The list, and the way to switch them off or on."""
        wishes = await store.wishes(request.user.patient_id)
        return web.page("shortcuts.html", shortcuts=SHORTCUTS, on=wishes.shortcuts)
