"""The patients as projected here, and the notices: queued, being sent, sent or given up."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

import msgspec
from pymongo import ASCENDING, IndexModel

from chassis.effects import LEASED_INDEXES, new_row
from chassis.settings import Settings
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


class Announcement(msgspec.Struct, frozen=True):
    """A letter to announce, the hash of its browser view, and the trace it came in."""

    fixed: Fixed
    received: MessageReceived
    view_hash: str
    traceparent: str | None = None


class NotifierStore(Store[Tx]):
    """The database of the notifier. A code rests sealed, and only until it is sent or given up.

    `offer` is called with rows of notices once they are committed.
    """

    INDEXES: ClassVar[Mapping[str, Sequence[IndexModel]]] = {
        "patients": [],
        "keys": [],
        NOTICES: [
            *LEASED_INDEXES,
            IndexModel([("view_hash", ASCENDING)]),
            IndexModel([("kept_until", ASCENDING)]),
        ],
    }
    EXPIRING: ClassVar[Mapping[str, str]] = {NOTICES: "kept_until"}

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.offer: Callable[[Sequence[Row]], None] = _leave

    async def patient(self, patient_id: str, tx: Tx | None = None) -> Patient | None:
        """The patient as projected here, or None when not yet."""
        return (await self.patients_among([patient_id], tx)).get(patient_id)

    async def patients_among(self, ids: Collection[str], tx: Tx | None = None) -> dict[str, Patient]:
        """Those of these patients who are projected here, by id."""
        query = {"_id": {"$in": list(ids)}}
        with away():
            rows = await self.collection("patients").find(query, **_session(tx)).to_list(len(ids))
        return {row["_id"]: Patient(id=row.pop("_id"), **row) for row in rows}

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
        await self._queue(tx, [_row(Kind.CODE, fixed, box=issued.box)])

    async def queue_letters(self, tx: Tx, announcements: Sequence[Announcement]) -> None:
        """Have letters announced, each unless that is queued already."""
        rows = [
            _row(
                Kind.LETTER,
                one.fixed,
                patient_id=one.received.patient_id,
                received_at=one.received.received_at,
                view_hash=one.view_hash,
                traceparent=one.traceparent,
            )
            for one in announcements
        ]
        await self._queue(tx, rows)

    async def _queue(self, tx: Tx, rows: Sequence[Row]) -> None:
        notices, wanted = self.collection(NOTICES), {row["_id"]: row for row in rows}
        known = notices.find({"_id": {"$in": list(wanted)}}, {"_id": 1}, session=tx.session)
        for row in await known.to_list(len(wanted)):
            del wanted[row["_id"]]
        if new := list(wanted.values()):
            await notices.insert_many(new, session=tx.session)
            tx.afterwards.append(partial(self.offer, new))

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


def _row(kind: Kind, fixed: Fixed, **fields: Any) -> Row:
    fixed_fields = msgspec.structs.asdict(fixed)
    return new_row(fixed_fields.pop("id"), fixed.queued_at, kind=kind.value, **fixed_fields, **fields)


def _leave(rows: Sequence[Row]) -> None:
    """Nobody here sends: whoever does finds them."""


def _session(tx: Tx | None) -> dict[str, Any]:
    return {"session": tx.session} if tx else {}
