"""The profiles, one row a patient with all its entries, and the patients they belong to."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from pymongo import ASCENDING, IndexModel

from chassis.store import Row, Store, Tx, away
from synthesis.domain.entries import Entry
from synthesis.domain.patient import Patient
from synthesis.domain.profile import Profile
from synthesis.domain.sections import Section


class SynthesisStore(Store[Tx]):
    """The database of synthesis. A profile is read and written whole, so that its revision means all of it."""

    INDEXES: ClassVar[Mapping[str, Sequence[IndexModel]]] = {
        "profiles": [IndexModel([("entry_ids", ASCENDING)])],
        "patients": [],
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

    async def profile(self, patient_id: str, tx: Tx | None = None) -> Profile:
        """The patient's profile, an empty one at revision 0 when nothing was ever written in it."""
        with away():
            row = await self.collection("profiles").find_one({"_id": patient_id}, **_session(tx))
        return _profile(row) if row else Profile(patient_id=patient_id)

    async def save_profile(self, tx: Tx, profile: Profile) -> None:
        """Write the profile as it is now; a transaction that met another one is rerun by the store."""
        await self.collection("profiles").replace_one(
            {"_id": profile.patient_id}, _row(profile), upsert=True, session=tx.session
        )

    async def is_anothers(self, patient_id: str, entry_id: str) -> bool:
        """Whether an entry of that id exists in somebody else's profile."""
        with away():
            row = await self.collection("profiles").find_one({"entry_ids": entry_id}, {"_id": 1})
        return row is not None and row["_id"] != patient_id


def _session(tx: Tx | None) -> dict[str, Any]:
    return {"session": tx.session} if tx else {}


def _row(profile: Profile) -> Row:
    return {
        "_id": profile.patient_id,
        "revision": profile.revision,
        "changed_at": profile.changed_at,
        "entry_ids": profile.entry_ids,
        "entries": {section.value: msgspec.to_builtins(entries) for section, entries in profile.entries.items()},
    }


def _profile(row: Row) -> Profile:
    return Profile(
        patient_id=row["_id"],
        revision=row["revision"],
        changed_at=row["changed_at"],
        entries={
            Section(name): msgspec.convert(entries, tuple[Entry, ...]) for name, entries in row["entries"].items()
        },
    )
