"""The patient's address, large, to show to a professional: to read, to copy, to scan, to print."""

import segno
from litestar import Controller, get
from litestar.response import Template

from chassis import web
from messaging.domain.address_card import card_of
from messaging.web.asking import GivenStore, PatientRequest


class AddressPage(Controller):
    """`/messagerie/adresse`."""

    path = "/messagerie/adresse"

    @get("/")
    async def show(self, request: PatientRequest, store: GivenStore) -> Template:
        """The address as a card."""
        patient = await store.patient(request.user.patient_id)
        card = card_of(patient.mailbox_address)
        return web.page("address-card.html", patient=patient, card=card, code=qr_code(card.link))


def qr_code(text: str) -> str:
    """A QR code (ISO/IEC 18004, level M) as an SVG for a page; it holds nothing of the text but its shape.

    Always black on white: not every device reads it otherwise.
    """
    drawn = segno.make(text, error="m", micro=False)
    return drawn.svg_inline(border=4, light="#fff", dark="#000", omitsize=True)
