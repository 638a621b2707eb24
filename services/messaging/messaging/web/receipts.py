"""Whether professionals who ask for it learn that their letter was read."""

from typing import Literal

import msgspec
from litestar import Controller, get, post
from litestar.response import Redirect, Template

from chassis import web
from chassis.store import Tx
from messaging.access import note
from messaging.web.asking import GivenStore, PatientRequest

RECEIPTS = "/messagerie/accuses"


class ReceiptsForm(msgspec.Struct, kw_only=True):
    """The choice on the page."""

    accuses: Literal["oui", "non"]


class ReceiptPages(Controller):
    """`/messagerie/accuses`."""

    path = RECEIPTS

    @get("/")
    async def receipts(self, request: PatientRequest, store: GivenStore) -> Template:
        """What read receipts are, and whether they are sent."""
        return web.page("receipts.html", gives=await store.gives_receipts(request.user.patient_id))

    @post("/", request_max_body_size=2_000)
    async def choose(self, request: PatientRequest, store: GivenStore) -> Redirect:
        """The button "Enregistrer"."""
        form = await web.read_form(request, ReceiptsForm)

        async def work(tx: Tx) -> None:
            await store.save_receipts(tx, request.user.patient_id, gives=form.accuses == "oui")
            note(tx, request.user, "receipts-chosen", "mailbox", request.user.patient_id)

        await store.transact(work)
        return web.see_other(RECEIPTS, toast="receipts-chosen")
