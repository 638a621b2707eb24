"""Documents with a patient, without a stack."""

import hashlib
from datetime import UTC, date, datetime

import pytest

from chassis.ids import new_id
from contracts.auth import PatientChanged
from contracts.base import Claim
from contracts.documents import AttachmentKeepRequested
from documents.events import DocumentsEvents
from tests.documents.fakes import FakeObjects, FakeStore, deliver, handlings_of

AT = datetime(2026, 6, 9, 8, 30, tzinfo=UTC)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"


def patient_changed(patient_id: str, revision: int = 1, given_name: str = "Inaya") -> PatientChanged:
    return PatientChanged(
        patient_id=patient_id,
        revision=revision,
        status="active",
        given_name=given_name,
        family_name="Michel",
        ins="288077505600121",
        mailbox_address="288077505600121@patient.mssante.fr",
        email=None,
        phone=None,
        changed_at=AT,
    )


class Desk:
    """Documents' handlers over fakes, and what messaging would do to them."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.objects = FakeObjects()
        self.handlings = handlings_of(DocumentsEvents(self.store, self.objects, lambda: AT))

    def keep_request(self, patient_id: str, data: bytes = PDF, **fields: object) -> AttachmentKeepRequested:
        """A request to keep `data`, handed over as messaging does."""
        key = f"handover/documents/{patient_id}/{new_id()}"
        self.objects.handed[key] = data
        claim = Claim(
            key=key,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            media_type="application/octet-stream",
            filename="lettre.bin",
        )
        usual = {
            "request_id": new_id(),
            "message_id": new_id(),
            "attachment_id": new_id(),
            "claim": claim,
            "title": "Résultats de juin",
            "dated": date(2026, 6, 8),
            "type_code": "laboratory",
            "masked": False,
            "sent_by": "Docteur Dupond",
            "requested_at": AT,
        }
        return AttachmentKeepRequested(patient_id=patient_id, **(usual | fields))  # type: ignore[arg-type]

    async def deliver(self, event: object) -> bool:
        return await deliver(self.store, self.handlings, event)  # type: ignore[arg-type]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def inaya(desk: Desk) -> str:
    """A patient whom documents knows."""
    patient_id = new_id()
    await desk.deliver(patient_changed(patient_id))
    return patient_id
