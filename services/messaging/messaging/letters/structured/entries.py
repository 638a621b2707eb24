"""What a CDA section codes, in words: only for sections that say nothing themselves (CDA R2 level 3)."""

from collections.abc import Iterator

from messaging.domain.structured import Block
from messaging.letters.structured.dates import span_in
from messaging.letters.structured.head import named
from messaging.letters.structured.tables import plain_table
from messaging.letters.structured.values import value_words
from messaging.letters.structured.xml import Element, attribute, child, children, local, words

MOST_ROWS = 500
TITLES = ("Élément", "Résultat", "Valeurs de référence", "Interprétation", "Date")
_STATEMENTS = frozenset(
    {"observation", "substanceAdministration", "procedure", "act", "encounter", "supply", "organizer"}
)
_INTERPRETATIONS = {
    "N": "normal",
    "H": "élevé",
    "HH": "très élevé",
    "HU": "très élevé",
    "L": "bas",
    "LL": "très bas",
    "LU": "très bas",
    "A": "anormal",
    "AA": "très anormal",
    "POS": "positif",
    "NEG": "négatif",
    "S": "sensible",
    "R": "résistant",
    "I": "intermédiaire",
}
"""HL7 ObservationInterpretation, 2.16.840.1.113883.5.83."""


def coded(section: Element) -> tuple[Block, ...]:
    """A table of what the section's entries say; nothing when they say nothing in words."""
    rows = []
    for statement in _statements(section):
        row = _row(statement)
        if row is not None and row not in rows:
            rows.append(row)
        if len(rows) >= MOST_ROWS:
            break
    return (plain_table(TITLES, rows),) if rows else ()


def _statements(section: Element) -> Iterator[Element]:
    for entry in children(section, "entry"):
        yield from (one for one in entry.iter() if local(one) in _STATEMENTS)


def _row(statement: Element) -> tuple[str, str, str, str, str] | None:
    name = _name(statement)
    value = "; ".join(filter(None, (value_words(one) for one in children(statement, "value")))) or _dose(statement)
    if not name and not value:
        return None
    if local(statement) in ("act", "organizer") and not value and _holds_more(statement):
        return None
    if attribute(statement, "negationInd") == "true":
        name = f"Non : {name}" if name else "Non"
    return (
        name,
        value,
        _reference(statement),
        _interpretation(statement),
        span_in(child(statement, "effectiveTime")),
    )


def _name(statement: Element) -> str:
    product = child(statement, "consumable", "manufacturedProduct")
    if product is not None:
        material = next(children(product, "manufacturedMaterial", "manufacturedLabeledDrug"), None)
        return words(child(material, "name")) or named(child(material, "code"))
    return named(child(statement, "code")) or words(child(statement, "text"))


def _holds_more(statement: Element) -> bool:
    return any(True for _ in children(statement, "entryRelationship", "component"))


def _dose(statement: Element) -> str:
    parts = (
        value_words(child(statement, "doseQuantity")),
        value_words(child(statement, "rateQuantity")),
        named(child(statement, "routeCode")),
    )
    return ", ".join(part for part in parts if part)


def _reference(statement: Element) -> str:
    ranges = (child(one, "observationRange") for one in children(statement, "referenceRange"))
    said = (words(child(one, "text")) or value_words(child(one, "value")) for one in ranges)
    return "; ".join(one for one in said if one)


def _interpretation(statement: Element) -> str:
    said = (
        attribute(code, "displayName") or _INTERPRETATIONS.get(attribute(code, "code"), "")
        for code in children(statement, "interpretationCode")
    )
    return ", ".join(dict.fromkeys(one for one in said if one))
