"""The medical profile: its entries by section, and how it changes."""

from datetime import datetime

from msgspec import Struct, structs

from chassis.errors import NotFound, PliError
from chassis.i18n import mark as _
from synthesis.domain.entries import Entry
from synthesis.domain.sections import Section

MOST_ENTRIES = 100
"""Entries of one section: enough for anyone, and it bounds the time a PDF takes."""


class SynthesisError(PliError):
    """Root of what can go wrong with the medical profile."""


class EntryChanged(SynthesisError):
    """The entry was changed elsewhere since its form was shown."""

    code = "entry-changed"
    status = 409
    sentence = _(
        "Cette information a été modifiée entre-temps, peut-être sur un autre appareil ou dans un autre onglet."
    )


class SectionFull(SynthesisError):
    """A section holds as many entries as it may."""

    code = "section-full"
    status = 409
    sentence = _("Cette rubrique est pleine. Retirez une information pour en ajouter une autre.")


class ProfileEmpty(SynthesisError):
    """There is nothing in the profile to make a PDF of."""

    code = "profile-empty"
    status = 409
    sentence = _("Votre profil médical est vide. Ajoutez une information pour obtenir votre synthèse.")


class Profile(Struct, frozen=True, kw_only=True):
    """A patient's medical profile. Revision 0 is one that nothing was ever written in."""

    patient_id: str
    revision: int = 0
    changed_at: datetime | None = None
    entries: dict[Section, tuple[Entry, ...]] = {}

    def of(self, section: Section) -> tuple[Entry, ...]:
        """The entries of a section, in the order they were added."""
        return self.entries.get(section, ())

    def entry(self, section: Section, entry_id: str) -> Entry:
        """That entry of that section. Raises `NotFound`."""
        for entry in self.of(section):
            if entry.id == entry_id:
                return entry
        raise NotFound(f"no entry {entry_id} in {section}")

    @property
    def entry_ids(self) -> list[str]:
        """The ids of all entries."""
        return [entry.id for section in Section for entry in self.of(section)]

    @property
    def is_empty(self) -> bool:
        """Whether no section holds anything."""
        return not self.entry_ids


def with_new(profile: Profile, section: Section, entry: Entry, at: datetime) -> Profile:
    """The profile with this entry added. Adding the very same again changes nothing.

    Raises `EntryChanged` if an entry of that id says something else, `SectionFull` past the limit.
    """
    present = profile.of(section)
    if entry in present:
        return profile
    if entry.id in profile.entry_ids:
        raise EntryChanged(f"entry {entry.id} is there already")
    if len(present) >= MOST_ENTRIES:
        raise SectionFull(f"{section} holds {MOST_ENTRIES} entries")
    return _changed(profile, section, (*present, entry), at)


def with_changed(profile: Profile, section: Section, entry: Entry, at: datetime) -> Profile:
    """The profile with the entry in its new revision, one above the present one.

    Raises `NotFound` for an entry that isn't there, `EntryChanged` if it is at another revision.
    """
    present = profile.entry(section, entry.id)
    if present == entry:
        return profile
    if present.revision != entry.revision - 1:
        raise EntryChanged(f"entry {entry.id} is at revision {present.revision}")
    kept = tuple(entry if each.id == entry.id else each for each in profile.of(section))
    return _changed(profile, section, kept, at)


def without(profile: Profile, section: Section, entry_id: str, revision: int, at: datetime) -> Profile:
    """The profile without that entry, if it still is at that revision.

    Raises `NotFound` for an entry that isn't there, `EntryChanged` if it is at another revision.
    """
    present = profile.entry(section, entry_id)
    if present.revision != revision:
        raise EntryChanged(f"entry {entry_id} is at revision {present.revision}")
    kept = tuple(each for each in profile.of(section) if each.id != entry_id)
    return _changed(profile, section, kept, at)


def _changed(profile: Profile, section: Section, entries: tuple[Entry, ...], at: datetime) -> Profile:
    return structs.replace(
        profile,
        revision=profile.revision + 1,
        changed_at=at,
        entries={**profile.entries, section: entries},
    )
