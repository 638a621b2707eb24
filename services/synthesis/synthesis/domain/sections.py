"""The sections of the medical profile (guide, "Vous pouvez ajouter des informations sur")."""

from enum import StrEnum

from msgspec import Struct

from chassis.i18n import mark as _


class Section(StrEnum):
    """A section; the value is its place in the site's addresses and in the store."""

    CONDITIONS = "maladies"
    TREATMENTS = "traitements"
    ALLERGIES = "allergies"
    VACCINATIONS = "vaccinations"
    MEASURES = "mesures"


class Words(Struct, frozen=True, kw_only=True):
    """What a section is called, what it is for, and what an entry's field asks."""

    title: str
    empty: str
    field: str
    hint: str
    add: str


WORDS: dict[Section, Words] = {
    Section.CONDITIONS: Words(
        title=_("Maladies et sujets de santé"),
        empty=_("Les maladies et sujets de santé que vous ajoutez apparaîtront ici."),
        field=_("Maladie ou sujet de santé"),
        hint=_("Par exemple : asthme"),
        add=_("Ajouter une maladie ou un sujet de santé"),
    ),
    Section.TREATMENTS: Words(
        title=_("Traitements"),
        empty=_("Les traitements que vous ajoutez apparaîtront ici."),
        field=_("Nom du traitement"),
        hint=_("Tel qu'il est écrit sur la boîte ou sur l'ordonnance"),
        add=_("Ajouter un traitement"),
    ),
    Section.ALLERGIES: Words(
        title=_("Allergies"),
        empty=_("Les allergies que vous ajoutez apparaîtront ici."),
        field=_("Allergie"),
        hint=_("Par exemple : pénicilline"),
        add=_("Ajouter une allergie"),
    ),
    Section.VACCINATIONS: Words(
        title=_("Vaccinations"),
        empty=_("Les vaccinations que vous ajoutez apparaîtront ici."),
        field=_("Vaccination"),
        hint=_("Par exemple : grippe, le 12/10/2025"),
        add=_("Ajouter une vaccination"),
    ),
    Section.MEASURES: Words(
        title=_("Mesures de santé"),
        empty=_("Les mesures de santé que vous ajoutez apparaîtront ici."),
        field=_("Mesure de santé"),
        hint=_("Par exemple : tension 12/8, le 03/06/2026"),
        add=_("Ajouter une mesure de santé"),
    ),
}
