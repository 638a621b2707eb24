"""The patient as the notifier needs them: how to address and to reach them, and nothing else."""

from msgspec import Struct

from contracts.auth import NoticeChoice, PatientChanged, PatientStatus


class Patient(Struct, frozen=True, kw_only=True):
    """A projection of `PatientChanged`; the highest revision wins. No INS: no notice needs one."""

    id: str
    revision: int
    status: PatientStatus
    given_name: str
    family_name: str
    email: str | None
    phone: str | None
    language: str
    time_zone: str = "Europe/Paris"
    notices: NoticeChoice = "each"


def patient_from(event: PatientChanged) -> Patient:
    """What is kept of a patient's state."""
    return Patient(
        id=event.patient_id,
        revision=event.revision,
        status=event.status,
        given_name=event.given_name,
        family_name=event.family_name,
        email=event.email,
        phone=event.phone,
        language=event.language,
        time_zone=event.time_zone,
        notices=event.notices,
    )
