"""The patient, as far as the medical profile needs them, projected from `auth.patients`."""

from msgspec import Struct

from contracts.auth import PatientChanged


class Patient(Struct, frozen=True, kw_only=True):
    """Whose profile it is. The highest revision wins, whatever the order of arrival."""

    id: str
    revision: int
    given_name: str
    family_name: str
    time_zone: str
    language: str

    @property
    def name(self) -> str:
        """The patient's full name as it is shown."""
        return f"{self.given_name} {self.family_name}"


def patient_from(changed: PatientChanged) -> Patient:
    """The patient in the state that the event tells."""
    return Patient(
        id=changed.patient_id,
        revision=changed.revision,
        given_name=changed.given_name,
        family_name=changed.family_name,
        time_zone=changed.time_zone,
        language=changed.language,
    )
