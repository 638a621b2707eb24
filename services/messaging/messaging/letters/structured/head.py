"""The head of a CDA document: what it is, about whom, by whom, when (CDA R2 §4.2)."""

from messaging.domain.structured import Head, Identifier, Someone
from messaging.letters.structured.dates import moment, moment_in
from messaging.letters.structured.xml import Element, attribute, child, children, words

MOST_PEOPLE = 20
LONGEST = 300
_TITLES = {"M": "M.", "MME": "Mme", "MLLE": "Mme", "DR": "Dr", "PR": "Pr", "MG": "Dr", "MC": "Dr"}


def head_of(root: Element) -> Head:
    """The head of a `ClinicalDocument`; what is missing in it is empty."""
    role = child(root, "recordTarget", "patientRole")
    patient = child(role, "patient")
    event = child(root, "documentationOf", "serviceEvent")
    period = child(event, "effectiveTime")
    return Head(
        title=words(child(root, "title"))[:LONGEST],
        type_name=named(child(root, "code"))[:LONGEST],
        at=moment_in(child(root, "effectiveTime")),
        patient=name_of(child(patient, "name")),
        birth=moment_in(child(patient, "birthTime")),
        patient_ids=identifiers(role),
        authors=_people(root, "author", "assignedAuthor", "assignedPerson"),
        signers=_people(root, "legalAuthenticator", "assignedEntity", "assignedPerson"),
        custodian=words(child(root, "custodian", "assignedCustodian", "representedCustodianOrganization", "name")),
        recipients=_people(root, "informationRecipient", "intendedRecipient", "informationRecipient"),
        event=named(child(event, "code"))[:LONGEST],
        event_from=moment_in(period),
        event_to=moment(attribute(child(period, "high"), "value")),
    )


def identifiers(role: Element | None) -> tuple[Identifier, ...]:
    """A patient's numbers."""
    found = [
        Identifier(attribute(one, "root"), attribute(one, "extension"))
        for one in children(role, "id")
        if attribute(one, "extension")
    ]
    return tuple(found[:MOST_PEOPLE])


def named(code: Element | None) -> str:
    """A code in words: what it was called, or what its author wrote; never the bare code."""
    if code is None:
        return ""
    return (
        attribute(code, "displayName") or words(child(code, "originalText")) or named(child(code, "translation"))
    )


def name_of(name: Element | None) -> str:
    """A person's name: title, given name and family name, those in use where several are given."""
    if name is None:
        return ""
    parts = [
        *(_title(words(one)) for one in children(name, "suffix", "prefix")),
        _in_use(name, "given"),
        _in_use(name, "family"),
    ]
    known = list(dict.fromkeys(part for part in parts if part))
    # a doctor is not also called Mr or Mrs
    if any(part in ("Dr", "Pr") for part in known):
        known = [part for part in known if part not in ("M.", "Mme")]
    return (" ".join(known) or words(name))[:LONGEST]


def _in_use(name: Element, part: str) -> str:
    """The name used in life (CL), else the first of birth (BR), else the first given."""
    found = list(children(name, part))
    for qualifier in ("CL", "BR"):
        chosen = next((words(one) for one in found if attribute(one, "qualifier") == qualifier), "")
        if chosen:
            return chosen
    return next((words(one) for one in found if words(one)), "")


def _title(text: str) -> str:
    return _TITLES.get(text.upper().rstrip("."), text)


def _people(root: Element, part: str, role: str, person: str) -> tuple[Someone, ...]:
    found = [_someone(child(one, role), person) for one in children(root, part)]
    return tuple(dict.fromkeys(one for one in found if one.name or one.organisation))[:MOST_PEOPLE]


def _someone(role: Element | None, person: str) -> Someone:
    organisation = next(children(role, "representedOrganization", "receivedOrganization"), None)
    device = child(role, "assignedAuthoringDevice", "softwareName")
    return Someone(
        name=name_of(child(role, person, "name")) or words(device)[:LONGEST],
        function=named(child(role, "code"))[:LONGEST],
        organisation=words(child(organisation, "name"))[:LONGEST],
    )
