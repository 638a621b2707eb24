"""The documents' bytes, in this service's own bucket."""

from chassis.formats import HEAD_SIZE
from chassis.objects import Objects, StoredObject
from contracts.base import Claim
from documents.domain.document import Document, object_key_for


class DocumentObjects(Objects):
    """Documents under `documents/<patient>/<document>`, and what is handed over to messaging."""

    async def take_attachment(self, claim: Claim, patient_id: str, document_id: str) -> StoredObject:
        """Copy what messaging handed over to where the document keeps it, verified.

        Raises `ClaimRefused`, `ClaimMismatch` or `NotFound`.
        """
        target = object_key_for(patient_id, document_id)
        return await self.take(claim, producer="messaging", patient_id=patient_id, target_key=target)

    async def head(self, key: str) -> bytes:
        """The first bytes of an object, enough to tell its format."""
        return b"".join([chunk async for chunk in self.chunks(key, 0, HEAD_SIZE)])

    async def hand_over_document(self, document: Document, row_id: str) -> Claim:
        """Copy a document to where messaging may fetch it for that row of a draft."""
        return await self.hand_over(
            consumer="messaging",
            patient_id=document.patient_id,
            source_key=document.object_key,
            filename=document.filename,
            media_type=document.format.value,
            handover_id=row_id,
        )
