"""The PDFs that wait for messaging, in this service's own bucket."""

from chassis.objects import Objects
from contracts.base import Claim
from synthesis.pdf import MEDIA_TYPE


class SynthesisObjects(Objects):
    """Nothing is kept here: a PDF lies where messaging alone may fetch it, until handovers expire."""

    async def hand_over_pdf(
        self, pdf: bytes, *, patient_id: str, row_id: str, revision: int, filename: str
    ) -> Claim:
        """Put the PDF of that revision of the profile where messaging may fetch it for that row.

        Doing it again for the same revision overwrites it with the same bytes.
        """
        key = f"handover/messaging/{patient_id}/{row_id}-{revision}"
        stored = await self.put_bytes(key, pdf, MEDIA_TYPE)
        return Claim(key=key, sha256=stored.sha256, size=stored.size, media_type=MEDIA_TYPE, filename=filename)
