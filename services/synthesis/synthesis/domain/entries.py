"""One entry of a section, and the judging of what a patient typed for it."""

import unicodedata
from collections.abc import Callable
from datetime import date

from msgspec import Struct, structs

from chassis.i18n import mark as _
from chassis.printable import unprinted
from synthesis.domain.partial_dates import PartialDate, partial_date
from synthesis.domain.sections import Section

SHORT = 100
"""Characters of a name or a dose."""
LINE = 200
"""Characters of a plain entry."""
LONG = 500
"""Characters of a note."""

LABELS: dict[str, str] = {"dose": _("Dose"), "since": _("Depuis"), "note": _("Remarque")}
"""What the fields beside the first are called; the first has its section's own words."""

MISSING = _("Ce champ est à remplir.")
TOO_LONG = _("Ce champ a au plus %(limit)s caractères.")
UNPRINTED = _("Ce champ contient un caractère qui ne peut pas être imprimé : %(characters)s")
NOT_A_DATE = _("Donnez une année, un mois ou un jour, par exemple 2019, 03/2019 ou 12/03/2019.")
IN_FUTURE = _("La date ne peut pas être dans le futur.")


class Treatment(Struct, frozen=True, kw_only=True, tag="treatment"):
    """A medicine or care the patient takes. `revision` grows by one with each change of this entry."""

    id: str
    revision: int
    name: str
    dose: str = ""
    since: PartialDate | None = None
    note: str = ""


class PlainEntry(Struct, frozen=True, kw_only=True, tag="plain"):
    """An entry that is a line of text."""

    id: str
    revision: int
    text: str


Entry = Treatment | PlainEntry


class Typed(Struct, frozen=True, kw_only=True):
    """What a form for an entry holds, as typed. A plain entry uses `name` alone."""

    name: str = ""
    dose: str = ""
    since: str = ""
    note: str = ""


class Fault(Struct, frozen=True, kw_only=True):
    """What is wrong with a field: a sentence to translate, and what fills its places."""

    sentence: str
    values: dict[str, str | int] = {}

    def in_words(self, say: Callable[[str], str]) -> str:
        """The sentence in the person's language."""
        return say(self.sentence) % self.values


Faults = dict[str, Fault]


def tidy(typed: Typed) -> Typed:
    """The same without spaces around and invisible marks, with each character in its composed form."""
    return Typed(**{name: _tidied(text) for name, text in structs.asdict(typed).items()})


def faults_of(section: Section, typed: Typed, today: date) -> Faults:
    """What must be mended before this may be kept, by field. Empty when nothing must."""
    judges = _TREATMENT if section is Section.TREATMENTS else _PLAIN
    judged = {name: judge(getattr(typed, name)) for name, judge in judges.items()}
    if section is Section.TREATMENTS:
        judged["since"] = _date_fault(typed.since, today)
    return {name: fault for name, fault in judged.items() if fault is not None}


def entry_from(section: Section, typed: Typed, entry_id: str, revision: int) -> Entry:
    """The entry that was typed; only for what `faults_of` finds nothing wrong with."""
    if section is not Section.TREATMENTS:
        return PlainEntry(id=entry_id, revision=revision, text=typed.name)
    return Treatment(
        id=entry_id,
        revision=revision,
        name=typed.name,
        dose=typed.dose,
        since=partial_date(typed.since),
        note=typed.note,
    )


def as_typed(entry: Entry) -> Typed:
    """What the form for this entry shows."""
    if isinstance(entry, PlainEntry):
        return Typed(name=entry.text)
    since = entry.since.as_typed() if entry.since else ""
    return Typed(name=entry.name, dose=entry.dose, since=since, note=entry.note)


def _tidied(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    return "".join(letter for letter in composed if unicodedata.category(letter) != "Cf").strip()


def _text_fault(limit: int, *, needed: bool = False) -> Callable[[str], Fault | None]:
    def judge(text: str) -> Fault | None:
        if needed and not text:
            return Fault(sentence=MISSING)
        if len(text) > limit:
            return Fault(sentence=TOO_LONG, values={"limit": limit})
        strange = unprinted(text)
        return Fault(sentence=UNPRINTED, values={"characters": strange}) if strange else None

    return judge


def _date_fault(typed: str, today: date) -> Fault | None:
    if not typed:
        return None
    read = partial_date(typed)
    if read is None:
        return Fault(sentence=NOT_A_DATE)
    return Fault(sentence=IN_FUTURE) if read.first_day > today else None


_PLAIN = {"name": _text_fault(LINE, needed=True)}
_TREATMENT = {
    "name": _text_fault(SHORT, needed=True),
    "dose": _text_fault(SHORT),
    "note": _text_fault(LONG),
}
