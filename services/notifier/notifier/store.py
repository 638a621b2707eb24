"""The patients as projected here, and the notices: queued, being sent, sent or given up."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from pymongo import ASCENDING, IndexModel

from chassis.effects import LEASED_INDEXES, new_row
from chassis.store import Row, Store, Tx, away
from contracts.auth import CodeIssued
from contracts.messaging import MessageReceived
from contracts.notifier import SealingKeyPublished
from notifier.domain.notices import Kind
from notifier.domain.patient import Patient

NOTICES = "notices"


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """What is fixed of a notice once and for all when it is queued, whatever it tells."""

    id: str
    message_id: str
    queued_at: datetime
    pointless_after: datetime
    kept_until: datetime


class NotifierStore(Store[Tx]):
    """The database of the notifier. A code rests sealed, and only until it is sent or given up."""

    INDEXES: ClassVar[Mapping[str, Sequence[IndexModel]]] = {
        "patients": [],
        "keys": [],
        NOTICES: [
            *LEASED_INDEXES,
            IndexModel([("view_hash", ASCENDING)]),
            IndexModel([("kept_until", ASCENDING)], expireAfterSeconds=0),
        ],
    }

    async def patient(self, patient_id: str, tx: Tx | None = None) -> Patient | None:
        """The patient as projected here, or None when not yet."""
        with away():
            row = await self.collection("patients").find_one({"_id": patient_id}, **_session(tx))
        return Patient(id=row.pop("_id"), **row) if row else None

    async def save_patient(self, tx: Tx, patient: Patient) -> None:
        """Keep this state of the patient, unless a later one is already known."""
        known = await self.patient(patient.id, tx)
        row = msgspec.structs.asdict(patient)
        row["_id"] = row.pop("id")
        if known is None:
            await self.collection("patients").insert_one(row, session=tx.session)
        elif known.revision < patient.revision:
            await self.collection("patients").replace_one({"_id": patient.id}, row, session=tx.session)

    async def queue_code(self, tx: Tx, fixed: Fixed, issued: CodeIssued) -> None:
        """Have a code sent, unless that is queued already. The box is kept as it came."""
        await self._queue(tx, Kind.CODE, fixed, box=issued.box)

    async def queue_letter(self, tx: Tx, fixed: Fixed, received: MessageReceived, view_hash: str) -> None:
        """Have a letter announced, unless that is queued already."""
        await self._queue(
            tx,
            Kind.LETTER,
            fixed,
            patient_id=received.patient_id,
            received_at=received.received_at,
            view_hash=view_hash,
        )

    async def _queue(self, tx: Tx, kind: Kind, fixed: Fixed, **fields: Any) -> None:
        notices = self.collection(NOTICES)
        if await notices.find_one({"_id": fixed.id}, {"_id": 1}, session=tx.session):
            return
        fixed_fields = msgspec.structs.asdict(fixed)
        row = new_row(fixed_fields.pop("id"), fixed.queued_at, kind=kind.value, **fixed_fields, **fields)
        await notices.insert_one(row, session=tx.session)

    async def letter_notice(self, view_hash: str) -> Row | None:
        """The announcement of a letter whose browser view has this hash."""
        with away():
            return await self.collection(NOTICES).find_one({"view_hash": view_hash, "kind": Kind.LETTER.value})

    async def publish_key(self, event: SealingKeyPublished) -> None:
        """Tell the others our public key, once in its life."""

        async def work(tx: Tx) -> None:
            keys = self.collection("keys")
            if await keys.find_one({"_id": event.key_id}, session=tx.session):
                return
            row = {"_id": event.key_id, "published_at": event.published_at}
            await keys.insert_one(row, session=tx.session)
            tx.publish(event, key=event.key_id)

        await self.transact(work)


def _session(tx: Tx | None) -> dict[str, Any]:
    return {"session": tx.session} if tx else {}
