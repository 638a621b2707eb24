"""The patients as projected here, and the notices: queued, being sent, sent or given up."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

import msgspec
from pymongo import ASCENDING, IndexModel

from chassis.effects import LEASED_INDEXES, LeasedQueue, new_row
from chassis.settings import Settings
from chassis.store import Row, Store, Tx, away
from contracts.auth import CodeIssued
from contracts.notifier import SealingKeyPublished
from notifier.domain.notices import GATHERED, Kind, pointless_after
from notifier.domain.patient import Patient
from notifier.domain.queueing import Announcement, Fixed, Joined
from notifier.domain.returns import may_come_back
from notifier.errors import NoticeUnderWay

NOTICES = "notices"
CODES = "codes"


class NotifierStore(Store[Tx]):
    """The database of the notifier. A code rests sealed, and only until it is sent or given up."""

    INDEXES: ClassVar[Mapping[str, Sequence[IndexModel]]] = {
        "patients": [],
        "keys": [],
        "read": [IndexModel([("kept_until", ASCENDING)])],
        NOTICES: [
            *LEASED_INDEXES,
            IndexModel([("view_hash", ASCENDING)]),
            IndexModel([("told_in", ASCENDING)], sparse=True),
            IndexModel([("kept_until", ASCENDING)]),
        ],
        CODES: [*LEASED_INDEXES, IndexModel([("kept_until", ASCENDING)])],
    }
    EXPIRING: ClassVar[Mapping[str, str]] = {NOTICES: "kept_until", CODES: "kept_until", "read": "kept_until"}

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.queues: Mapping[str, LeasedQueue] = {}
        """Those that send what is queued here, each by its collection."""

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
        await self._queue(tx, CODES, [_row(Kind.CODE, fixed, box=issued.box)])

    async def queue_letters(self, tx: Tx, announcements: Sequence[Announcement]) -> None:
        """Have letters announced, each unless that is queued already, and the notices that they join."""
        read = await self._read_among(tx, [one.fixed.id for one in announcements])
        letters = [_letter_row(one, read.get(one.fixed.id)) for one in announcements]
        joined = {each.fixed.id: (each, one) for one in announcements for each in one.joins}
        gathered = [_joined_row(each, one.received.patient_id) for each, one in joined.values()]
        await self._queue(tx, NOTICES, [*letters, *gathered])

    async def _read_among(self, tx: Tx, ids: Sequence[str]) -> dict[str, datetime]:
        rows = self.collection("read").find({"_id": {"$in": list(ids)}}, session=tx.session)
        return {row["_id"]: row["at"] for row in await rows.to_list(len(ids))}

    async def note_read(self, tx: Tx, message_id: str, at: datetime, kept_until: datetime) -> None:
        """A letter was read, whether it was announced yet or not."""
        letter = {"_id": message_id, "kind": Kind.LETTER.value}
        done = await self.collection(NOTICES).update_one(letter, {"$set": {"read_at": at}}, session=tx.session)
        if not done.matched_count:
            row = {"at": at, "kept_until": kept_until}
            await self.collection("read").update_one(
                {"_id": message_id}, {"$set": row}, upsert=True, session=tx.session
            )

    async def unread(self, gathering_id: str) -> int:
        """How many of the letters that a digest or a reminder tells of have not been read."""
        letters = self.collection(NOTICES)
        with away():
            told = await letters.find({"told_in": gathering_id}, {"read_at": 1}).to_list(None)
        return sum(row.get("read_at") is None for row in told)

    async def queue_reply(self, tx: Tx, fixed: Fixed, patient_id: str) -> None:
        """Have it told that a reply could not be delivered, once."""
        await self._queue(tx, NOTICES, [_row(Kind.REPLY, fixed, patient_id=patient_id)])

    async def take_back(self, tx: Tx, notice_id: str, at: datetime) -> tuple[Kind, str] | None:
        """See `events.Notices`."""
        notices = self.collection(NOTICES)
        row = await notices.find_one({"_id": notice_id, "returned_at": None}, session=tx.session)
        if row is None or not row.get("patient_id"):
            return None
        if row["state"] == "sending":
            raise NoticeUnderWay(notice_id)
        if not may_come_back(row["state"], row.get("channel")):
            return None
        again = {
            "state": "queued",
            "due_at": at,
            "attempts": 0,
            "by": "sms",
            "returned_at": at,
            "pointless_after": pointless_after(at),
        }
        await notices.update_one({"_id": notice_id}, {"$set": again}, session=tx.session)
        self._offer(tx, NOTICES, [row | again])
        return Kind(row["kind"]), row["patient_id"]

    async def _queue(self, tx: Tx, name: str, rows: Sequence[Row]) -> None:
        collection, wanted = self.collection(name), {row["_id"]: row for row in rows}
        known = collection.find({"_id": {"$in": list(wanted)}}, {"_id": 1}, session=tx.session)
        for row in await known.to_list(len(wanted)):
            del wanted[row["_id"]]
        if new := list(wanted.values()):
            due, queue = [row for row in new if _is_due(row)], self.queues.get(name)
            taken = queue.taken(due) if queue else due
            await collection.insert_many([*taken, *(row for row in new if not _is_due(row))], session=tx.session)
            self._offer(tx, name, taken)

    def _offer(self, tx: Tx, name: str, rows: Sequence[Row]) -> None:
        if queue := self.queues.get(name):
            tx.afterwards.append(partial(queue.offer, rows))

    async def viewable_notice(self, view_hash: str) -> Row | None:
        """The notice whose browser view has this hash."""
        with away():
            return await self.collection(NOTICES).find_one({"view_hash": view_hash})

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


def _row(kind: Kind, fixed: Fixed, due_at: datetime | None = None, **fields: Any) -> Row:
    fixed_fields = msgspec.structs.asdict(fixed)
    row_id = fixed_fields.pop("id")
    return new_row(row_id, due_at or fixed.queued_at, kind=kind.value, **fixed_fields, **fields)


def _letter_row(one: Announcement, read_at: datetime | None) -> Row:
    row = _row(
        Kind.LETTER,
        one.fixed,
        patient_id=one.received.patient_id,
        received_at=one.received.received_at,
        read_at=read_at,
        view_hash=one.view_hash,
        traceparent=one.traceparent,
    )
    told_in = [other.fixed.id for other in one.joins]
    return row | ({"told_in": told_in} if told_in else {}) | {"state": one.state}


def _joined_row(one: Joined, patient_id: str) -> Row:
    return _row(one.kind, one.fixed, one.due_at, patient_id=patient_id, view_hash=one.view_hash)


def _is_due(row: Row) -> bool:
    return row["state"] == "queued" and row["kind"] not in GATHERED


def _session(tx: Tx | None) -> dict[str, Any]:
    return {"session": tx.session} if tx else {}
