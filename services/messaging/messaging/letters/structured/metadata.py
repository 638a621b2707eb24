"""METADATA.XML of an XDM archive: which documents it holds, under what titles, about whom (ITI TF-3 §4.2)."""

from msgspec import Struct

from messaging.domain.structured import Identifier
from messaging.letters.structured.xml import Element, Xml, attribute, child, children, local, words

MOST_ENTRIES = 100
_PATIENT_SCHEMES = frozenset(
    {"urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427", "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446"}
)
"""XDSDocumentEntry.patientId and XDSSubmissionSet.patientId."""


class Entry(Struct, frozen=True, kw_only=True):
    """A document as the metadata announces it. `uri` is relative to the metadata's folder."""

    uri: str
    media_type: str
    title: str


class Metadata(Struct, frozen=True, kw_only=True):
    """What the metadata says."""

    entries: tuple[Entry, ...] = ()
    patient_ids: tuple[Identifier, ...] = ()


def read_metadata(content: bytes) -> Metadata:
    """The metadata in these bytes. Raises `XmlRefused`."""
    root = Xml(content).root
    entries = [_entry(one) for one in root.iter("{*}ExtrinsicObject")]
    ids = [
        found
        for one in root.iter("{*}ExternalIdentifier")
        if attribute(one, "identificationScheme") in _PATIENT_SCHEMES or _is_patient(one)
        if (found := identifier(attribute(one, "value")))
    ]
    return Metadata(
        entries=tuple(one for one in entries if one.uri)[:MOST_ENTRIES],
        patient_ids=tuple(dict.fromkeys(ids))[:MOST_ENTRIES],
    )


def _entry(found: Element) -> Entry:
    return Entry(
        uri=_slot(found, "URI"),
        media_type=attribute(found, "mimeType").lower(),
        title=_localized(child(found, "Name")),
    )


def _slot(found: Element, name: str) -> str:
    """A slot's value; a long URI comes in numbered pieces (`1|…`)."""
    for slot in children(found, "Slot"):
        if attribute(slot, "name").upper() == name.upper():
            values = [words(one) for one in slot.iter("{*}Value")]
            if all("|" in value[:3] for value in values):
                return "".join(value.partition("|")[2] for value in values)
            return values[0] if values else ""
    return ""


def _localized(name: Element | None) -> str:
    return attribute(child(name, "LocalizedString"), "value")


def _is_patient(found: Element) -> bool:
    return local(found) == "ExternalIdentifier" and _localized(child(found, "Name")).endswith(".patientId")


def identifier(cx: str) -> Identifier | None:
    """A patient's number as HL7 CX writes it: `<number>^^^&<OID>&ISO^NH`."""
    number, _, rest = cx.partition("^^^")
    authority = rest.split("^")[0].split("&")
    return Identifier(authority[1] if len(authority) > 1 else "", number.strip()) if number.strip() else None
