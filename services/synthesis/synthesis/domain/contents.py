"""What the profile's PDF says, as plain data: the typesetting adds nothing and decides nothing."""

import re
import unicodedata
from zoneinfo import ZoneInfo

from babel.dates import format_date
from msgspec import Struct

from chassis.i18n import Translate
from chassis.i18n import mark as _
from chassis.printable import printed
from synthesis.domain.entries import Entry, PlainEntry, Treatment
from synthesis.domain.patient import Patient
from synthesis.domain.profile import Profile, ProfileEmpty
from synthesis.domain.sections import WORDS, Section

TITLE = _("Profil médical")
DATED = _("Synthèse à jour au %(day)s")
OWN_WORDS = _("Informations saisies par la personne elle-même dans %(service)s.")
PAGE_OF = _("Page %(page)s sur %(pages)s")
COLUMNS = (_("Traitement"), _("Dose"), _("Depuis"), _("Remarque"))
NOTHING = "–"
_UNFIT = re.compile(r"[^\w-]")


class Chapter(Struct, frozen=True, kw_only=True):
    """One section: either rows under columns, or lines."""

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()


class Contents(Struct, frozen=True, kw_only=True):
    """All that is printed. `page_of` holds `{page}` and `{pages}`."""

    language: str
    title: str
    name: str
    dated: str
    own_words: str
    page_of: str
    chapters: tuple[Chapter, ...]


def contents_of(profile: Profile, patient: Patient, service: str, say: Translate) -> Contents:
    """What the PDF of this profile says: the sections that are filled, dated by the last change.

    The same profile and patient give the same contents. Raises `ProfileEmpty`.
    """
    if profile.is_empty or profile.changed_at is None:
        raise ProfileEmpty(f"nothing in the profile of {profile.patient_id}")
    changed_on = profile.changed_at.astimezone(ZoneInfo(patient.time_zone)).date()
    return Contents(
        language=patient.language,
        title=say(TITLE),
        name=printed(patient.name),
        dated=say(DATED) % {"day": format_date(changed_on, "long", locale=patient.language)},
        own_words=say(OWN_WORDS) % {"service": printed(service)},
        page_of=say(PAGE_OF) % {"page": "{page}", "pages": "{pages}"},
        chapters=tuple(
            _chapter(section, profile.of(section), patient.language, say)
            for section in Section
            if profile.of(section)
        ),
    )


def filename_for(patient: Patient, say: Translate) -> str:
    """The PDF's name: "Profil médical_InayaMichel.pdf", without what a file's name can't hold."""
    name = unicodedata.normalize("NFC", f"{patient.given_name}{patient.family_name}")
    return f"{say(TITLE)}_{_UNFIT.sub('', name)}.pdf"


def _chapter(section: Section, entries: tuple[Entry, ...], language: str, say: Translate) -> Chapter:
    treatments = [entry for entry in entries if isinstance(entry, Treatment)]
    return Chapter(
        title=say(WORDS[section].title),
        columns=tuple(say(column) for column in COLUMNS) if treatments else (),
        rows=tuple(_row(treatment, language) for treatment in treatments),
        lines=tuple(printed(entry.text) for entry in entries if isinstance(entry, PlainEntry)),
    )


def _row(treatment: Treatment, language: str) -> tuple[str, ...]:
    since = treatment.since.in_words(language) if treatment.since else ""
    cells = (treatment.name, treatment.dose, since, treatment.note)
    return tuple(printed(cell) or NOTHING for cell in cells)
