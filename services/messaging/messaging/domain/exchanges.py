"""Whether an exchange with a professional goes on: letters and end marks, in whatever order they come."""

from msgspec.structs import replace

from contracts.base import Instant
from messaging.domain.identifiers import derived_id
from messaging.domain.model import Correspondent, Party


def correspondent_id(patient_id: str, address: str) -> str:
    """The id of a patient's record of a professional."""
    return derived_id(patient_id, "correspondent", address)


def first_heard_of(patient_id: str, party: Party, at: Instant) -> Correspondent:
    """The record of a professional of whom nothing is known yet."""
    return Correspondent(
        id=correspondent_id(patient_id, party.address),
        patient_id=patient_id,
        address=party.address,
        name=party.name,
        name_at=at,
    )


def wrote(known: Correspondent, party: Party, reply_to: str | None, at: Instant) -> Correspondent:
    """The record after a letter taken at `at`; an older letter changes neither name nor `Reply-To`."""
    named = _named(known, party, at)
    last = known.last_letter_at
    if last is not None and (last, known.reply_to or "") >= (at, reply_to or ""):
        return named
    return replace(named, last_letter_at=at, reply_to=reply_to)


def ended(known: Correspondent, party: Party, at: Instant) -> Correspondent:
    """The record after an end mark taken at `at`."""
    named = _named(known, party, at)
    return replace(named, last_end_at=max(known.last_end_at or at, at))


def _named(known: Correspondent, party: Party, at: Instant) -> Correspondent:
    """The latest name stays, whatever the order of arrival."""
    if (at, party.name) <= (known.name_at, known.name):
        return known
    return replace(known, name=party.name, name_at=at)
