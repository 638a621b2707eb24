"""Patients as auth tells them, professionals as each patient knows them, and how fresh that is."""

from collections.abc import Collection, Sequence

from chassis.errors import NotYet
from chassis.store import Store, Tx
from contracts.base import Instant
from messaging.domain.model import Correspondent, Patient
from messaging.store.rows import reading, row_of, session_of, struct_of


class People(Store[Tx]):
    """Collections `patients`, `correspondents`, `projections`."""

    async def patient(self, patient_id: str, tx: Tx | None = None) -> Patient:
        """The patient's projection. Raises `NotYet` while auth's event has not come."""
        with reading(tx):
            row = await self.collection("patients").find_one({"_id": patient_id}, session=session_of(tx))
        if row is None:
            raise NotYet(patient_id)
        return struct_of(Patient, row)

    async def patients_among(self, ids: Collection[str]) -> dict[str, Patient]:
        """The projections of these patients by id; those who are not known yet are missing."""
        query = {"_id": {"$in": list(ids)}}
        with reading(None):
            rows = await self.collection("patients").find(query).to_list(len(ids))
        return {row["_id"]: struct_of(Patient, row) for row in rows}

    async def known_patient(self, patient_id: str, tx: Tx | None = None) -> Patient | None:
        """The patient's projection, or None."""
        try:
            return await self.patient(patient_id, tx)
        except NotYet:
            return None

    async def patient_at(self, address: str) -> Patient | None:
        """Whose mailbox an address is, in any letter case; None when nobody's."""
        with reading(None):
            row = await self.collection("patients").find_one({"mailbox_address": address.lower()})
        return struct_of(Patient, row) if row else None

    async def save_patient(self, tx: Tx, patient: Patient) -> None:
        """Write the projection as it is now."""
        key = {"_id": patient.id}
        await self.collection("patients").replace_one(key, row_of(patient), upsert=True, session=tx.session)

    async def correspondents(
        self, patient_id: str, addresses: Sequence[str], tx: Tx | None = None
    ) -> list[Correspondent]:
        """The patient's records of these addresses; those never heard of are missing."""
        query = {"patient_id": patient_id, "address": {"$in": list(addresses)}}
        with reading(tx):
            rows = self.collection("correspondents").find(query, session=session_of(tx))
            return [struct_of(Correspondent, row) async for row in rows]

    async def everyone_known(self, patient_id: str, tx: Tx | None = None) -> list[Correspondent]:
        """All the patient's records of professionals, in no order."""
        with reading(tx):
            rows = self.collection("correspondents").find({"patient_id": patient_id}, session=session_of(tx))
            return [struct_of(Correspondent, row) async for row in rows]

    async def caught_up_at(self, topic: str) -> Instant | None:
        """When this service had last processed everything that was on a topic, or None."""
        with reading(None):
            row = await self.collection("projections").find_one({"_id": topic})
        return row["caught_up_at"] if row else None

    async def mark_caught_up(self, topic: str, at: Instant) -> None:
        """Say that everything on a topic up to `at` is processed."""
        with reading(None):
            await self.collection("projections").update_one(
                {"_id": topic}, {"$max": {"caught_up_at": at}}, upsert=True
            )
