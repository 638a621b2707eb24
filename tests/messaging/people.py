"""Inaya's mailbox as the tests find it: letters, professionals, another patient beside her."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from chassis.ids import new_id
from messaging.domain.addresses import Domains
from messaging.domain.consignment import consigned
from messaging.domain.delivery import Fact, Heard
from messaging.domain.model import (
    Attachment,
    Correspondent,
    Draft,
    DraftRow,
    Mailbox,
    Message,
    MessageKind,
    Party,
    Patient,
    RowSource,
    RowState,
)
from messaging.domain.threads import begin, combine
from messaging.objects import row_key
from tests.messaging.fake_darkroom import FakeDarkroom
from tests.messaging.fake_objects import FakeObjects
from tests.messaging.fakes import FakePreviewer, FakeStore, identity_of

AT = datetime(2026, 6, 9, 8, 0, tzinfo=UTC)
DOMAINS = Domains(frozenset({"chu.mssante.fr"}), "patient.mssante.fr")
CHRISTELLE = Party(name="Christelle Thomas", address="christelle.thomas@chu.mssante.fr")
MARIE = Party(name="Marie Chanteau", address="marie.chanteau@chu.mssante.fr")
INAYA_ID, OTHER_ID = new_id(), new_id()
INAYA = identity_of(INAYA_ID)
OTHER = identity_of(OTHER_ID)


def patient(patient_id: str, given_name: str, family_name: str, ins: str) -> Patient:
    return Patient(
        id=patient_id,
        revision=1,
        status="active",
        given_name=given_name,
        family_name=family_name,
        ins=ins,
        mailbox_address=f"{ins}@patient.mssante.fr",
    )


class World:
    """A store with Inaya and another patient, each with an open mailbox."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.objects = FakeObjects()
        self.previewer = FakePreviewer()
        self.darkroom = FakeDarkroom()
        self.inaya = patient(INAYA_ID, "Inaya", "Michel", "288077505600121")
        for one in (self.inaya, patient(OTHER_ID, "Léo", "Martin", "190017505600132")):
            self.store.put("patients", one)
            self.store.put("mailboxes", Mailbox(id=one.id, opened_at=AT))

    def letter(self, **changes: Any) -> Message:
        """A letter in a conversation of its own, or in the one whose id is given."""
        owner = changes.pop("patient_id", INAYA_ID)
        message_id = new_id()
        fields: dict[str, Any] = {
            "id": message_id,
            "patient_id": owner,
            "conversation_id": message_id,
            "kind": MessageKind.LETTER,
            "sender": CHRISTELLE,
            "recipients": (self.inaya.party,),
            "at": AT,
            "subject": "Préparation de votre rendez-vous",
            "text": "Bonjour Inaya,\n\nÀ lundi.",
            "message_id": f"<{message_id}@chu.mssante.fr>",
        }
        message = Message(**(fields | changes))
        self._file(message)
        return message

    def _file(self, message: Message) -> None:
        self.store.put("messages", message)
        rows = self.store.kept["conversations"]
        alone = begin(message)
        before = rows.get(message.conversation_id)
        self.store.put("conversations", combine([before, alone]) if before else alone)
        box = self.store.kept["mailboxes"][message.patient_id]
        box = Mailbox(
            id=box.id,
            opened_at=AT,
            unread=box.unread + (1 if message.unread else 0),
            conversations=box.conversations + (0 if before else 1),
            letters=box.letters + 1,
            revision=box.revision + 1,
        )
        self.store.put("mailboxes", box)
        if message.kind is MessageKind.LETTER:
            self.knows(message.sender, message.at, message.patient_id)

    def knows(self, party: Party, wrote_at: datetime | None, patient_id: str = INAYA_ID) -> Correspondent:
        record = Correspondent(
            id=f"{patient_id}-{party.address}",
            patient_id=patient_id,
            address=party.address,
            name=party.name,
            name_at=AT,
            last_letter_at=wrote_at,
        )
        self.store.put("correspondents", record)
        return record

    def ends(self, party: Party, at: datetime = AT + timedelta(hours=1), patient_id: str = INAYA_ID) -> None:
        record = Correspondent(
            id=f"{patient_id}-{party.address}",
            patient_id=patient_id,
            address=party.address,
            name=party.name,
            name_at=AT,
            last_letter_at=AT,
            last_end_at=at,
        )
        self.store.put("correspondents", record)

    def troubled(self, conversation_id: str) -> None:
        """A reply in this conversation did not arrive."""
        reply = replace(
            self.store.kept["messages"][conversation_id],
            id=f"reply-to-{conversation_id}",
            kind=MessageKind.REPLY,
            recipients=(CHRISTELLE,),
        )
        (consignment,) = consigned(reply, reply.recipients, AT)
        (delivery,) = consignment.deliveries
        self.store.put("consignments", consignment.hearing({delivery.id: Heard(fact=Fact.FAILED, at=AT)}))

    def file(self, filename: str, content: bytes, media_type: str = "application/pdf") -> Attachment:
        attachment = Attachment(
            id=new_id(),
            filename=filename,
            media_type=media_type,
            size=len(content),
            sha256="0" * 64,
            object_key=f"letters/{filename}",
        )
        self.objects.kept[attachment.object_key] = content
        return attachment

    def row(self, draft: Draft, **changes: Any) -> DraftRow:
        row_id = new_id()
        fields: dict[str, Any] = {
            "id": row_id,
            "patient_id": draft.patient_id,
            "draft_id": draft.id,
            "source": RowSource.DOCUMENT,
            "state": RowState.READY,
            "filename": "Ordonnance.pdf",
            "media_type": "application/pdf",
            "size": 1_200_000,
            "requested_at": AT,
            "document_id": new_id(),
            "sha256": "0" * 64,
            "object_key": row_key(draft.patient_id, draft.id, row_id, new_id()),
        }
        row = DraftRow(**(fields | changes))
        self.store.put("draft_rows", row)
        return row
