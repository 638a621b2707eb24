"""HL7 v3 values (quantities, intervals, codes, yes or no) in words."""

from messaging.letters.structured.dates import moment, span_in
from messaging.letters.structured.head import named
from messaging.letters.structured.xml import Element, attribute, child, local, words

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_UNITS = {
    "1": "",
    "{1}": "",
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "[degF]": "°F",
    "10*9/L": "10⁹/L",
    "10*12/L": "10¹²/L",
    "10*3/uL": "10³/µL",
    "10*6/uL": "10⁶/µL",
    "[iU]/L": "UI/L",
    "[IU]": "UI",
    "[iU]": "UI",
    "kg/m2": "kg/m²",
    "d": "jour(s)",
    "wk": "semaine(s)",
    "mo": "mois",
    "a": "an(s)",
    "h": "heure(s)",
    "{tbl}": "comprimé(s)",
}
"""UCUM units as a person reads them; the others stay as they are, without braces."""


def value_words(value: Element | None) -> str:
    """A value in words; empty for none, and for what is only said to be unknown."""
    if value is None or (attribute(value, "nullFlavor") and len(value) == 0):
        return ""
    kind = (value.get(_XSI_TYPE) or "").rpartition(":")[2]
    if kind in ("CD", "CE", "CO", "CV") or attribute(value, "code") or attribute(value, "displayName"):
        return named(value) or attribute(value, "code")
    if kind == "BL":
        return {"true": "Oui", "false": "Non"}.get(attribute(value, "value").lower(), "")
    if kind in ("TS", "IVL_TS"):
        return span_in(value)
    if child(value, "low") is not None or child(value, "high") is not None:
        return _interval(child(value, "low"), child(value, "high"))
    if child(value, "numerator") is not None:
        return _ratio(child(value, "numerator"), child(value, "denominator"))
    return _quantity(value)


def _quantity(value: Element | None) -> str:
    number = attribute(value, "value")
    if not number:
        return "" if value is None or local(value) in ("low", "high") else words(value)
    stamp = moment(number) if len(number) >= 8 and not attribute(value, "unit") else None
    if stamp and stamp.at and "." not in number:
        return stamp.words
    unit = attribute(value, "unit")
    return f"{number.replace('.', ',')} {_UNITS.get(unit, unit.strip('{}'))}".strip()


def _interval(low: Element | None, high: Element | None) -> str:
    lowest, highest = _quantity(low), _quantity(high)
    if lowest and highest:
        return lowest if lowest == highest else f"{lowest} à {highest}"
    if lowest:
        return f"≥ {lowest}" if _is_inclusive(low) else f"> {lowest}"
    if highest:
        return f"≤ {highest}" if _is_inclusive(high) else f"< {highest}"
    return ""


def _is_inclusive(bound: Element | None) -> bool:
    return attribute(bound, "inclusive") != "false"


def _ratio(numerator: Element | None, denominator: Element | None) -> str:
    above, below = _quantity(numerator), _quantity(denominator)
    return f"{above} / {below.removeprefix('1 ')}" if below and below != "1" else above
