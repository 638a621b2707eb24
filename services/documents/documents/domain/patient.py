"""The patient, as far as documents needs them, projected from `auth.patients`."""

from msgspec import Struct

from contracts.auth import PatientChanged


class Patient(Struct, frozen=True, kw_only=True):
    """Whose documents these are. The highest revision wins, whatever the order of arrival."""

    id: str
    revision: int
    name: str
    time_zone: str


def patient_from(changed: PatientChanged) -> Patient:
    """The patient in the state that the event tells."""
    return Patient(
        id=changed.patient_id,
        revision=changed.revision,
        name=f"{changed.given_name} {changed.family_name}",
        time_zone=changed.time_zone,
    )
