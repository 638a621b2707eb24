"""What a patient enters to have a file among their documents, and what of it is to be mended first."""

from datetime import date

from msgspec import Struct

from contracts.keeping import date_fault, title_fault, type_fault


class Wish(Struct, frozen=True, kw_only=True):
    """The name, date, type and confidentiality that were entered; `dated` is None when it is no date."""

    title: str
    dated: date | None
    type_code: str
    masked: bool


def faults(wish: Wish, today: date) -> dict[str, str]:
    """Reason codes by field; empty when the wish may be granted."""
    found = {
        "title": title_fault(wish.title),
        "dated": date_fault(wish.dated, today),
        "type_code": type_fault(wish.type_code),
    }
    return {field: code for field, code in found.items() if code}
