"""The fields of `keep-fields.html`, under which a file is kept among the documents: read, judged, shown."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import msgspec

from chassis.clock import now
from chassis.document_types import LABELS
from chassis.i18n import mark as _
from chassis.keeping import Wish
from chassis.web.dates import local
from contracts.documents import TYPE_CODES
from contracts.keeping import FORBIDDEN, LONGEST_TITLE, cleaned_title

CHOOSE = ""
"""The type of document before one is chosen."""
TYPE_CHOOSE = _("Choisir un type")
TITLE_FAULTS: dict[str, str] = {
    "empty": _("Donnez un nom au document."),
    "too-long": _("Le nom du document a au plus 50 caractères."),
    "forbidden": _("Le nom du document contient un caractère interdit."),
}
DATE_FAULTS: dict[str, str] = {
    "missing": _("Donnez la date du document, par exemple 09/06/2026."),
    "future": _("La date du document ne peut pas être dans le futur."),
}
TYPE_FAULTS: dict[str, str] = {"unknown": _("Choisissez un type de document.")}
_TABLES = {
    "title": ("nom", TITLE_FAULTS),
    "dated": ("date", DATE_FAULTS),
    "type_code": ("type", TYPE_FAULTS),
}


class KeepForm(msgspec.Struct, kw_only=True):
    """What a browser can have sent. `propose` is the cleaned name, taken in one press."""

    nom: str
    date: str
    type: str
    confidentialite: Annotated[str, msgspec.Meta(pattern="^(visible|masque)$")]
    propose: str | None = None

    @property
    def wish(self) -> Wish:
        """What was entered."""
        return Wish(
            title=self.propose if self.propose is not None else self.nom,
            dated=_date(self.date),
            type_code=self.type,
            masked=self.confidentialite == "masque",
        )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def sentences(found: Mapping[str, str]) -> dict[str, str]:
    """What `faults` found, in words, by the id of the field in the page."""
    return {_TABLES[field][0]: _TABLES[field][1][code] for field, code in found.items()}


def shown(wish: Wish, typed_date: str | None = None) -> dict[str, Any]:
    """What `keep-fields.html` needs to show a wish; `typed_date` when the date could not be read."""
    dated = wish.dated.isoformat() if wish.dated else ""
    return {
        "wish": wish,
        "dated": dated if typed_date is None else typed_date,
        "cleaned": cleaned_title(wish.title),
        "forbidden": " ".join(FORBIDDEN),
        "longest": LONGEST_TITLE,
        "today": local(now()).date().isoformat(),
        "types": [(CHOOSE, TYPE_CHOOSE), *((code, LABELS[code]) for code in TYPE_CODES)],
    }
