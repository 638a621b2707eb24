"""What a patient may choose of their mailbox: what changes by itself, keys, and what those who wrote are told."""

from typing import Literal

import msgspec
from litestar import Controller, get, post
from litestar.response import Redirect, Template

from chassis import web
from chassis.store import Tx
from messaging.access import note
from messaging.web.asking import GivenStore, PatientRequest

PREFERENCES = "/messagerie/preferences"
Choice = Literal["oui", "non"]


class PreferencesForm(msgspec.Struct, kw_only=True):
    """The choices on the page; one that isn't sent stays as it is."""

    direct: Choice | None = None
    raccourcis: Choice | None = None
    accuses: Choice | None = None

    def chosen(self) -> dict[str, bool]:
        """The choices made, by the names of `Wishes`."""
        made = {"live": self.direct, "shortcuts": self.raccourcis, "receipts": self.accuses}
        return {name: choice == "oui" for name, choice in made.items() if choice is not None}


class PreferencePages(Controller):
    """`/messagerie/preferences`."""

    path = PREFERENCES

    @get("/")
    async def preferences(self, request: PatientRequest, store: GivenStore) -> Template:
        """The choices, as they are now."""
        return web.page("preferences.html", wishes=await store.wishes(request.user.patient_id))

    @post("/", request_max_body_size=2_000)
    async def choose(self, request: PatientRequest, store: GivenStore) -> Redirect:
        """The button "Enregistrer"."""
        form = await web.read_form(request, PreferencesForm)
        patient_id = request.user.patient_id

        async def work(tx: Tx) -> None:
            await store.save_wishes(tx, patient_id, **form.chosen())
            note(tx, request.user, "preferences-chosen", "mailbox", patient_id)

        if form.chosen():
            await store.transact(work)
        return web.see_other(PREFERENCES, toast="preferences-chosen")
