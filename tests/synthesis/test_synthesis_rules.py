"""The medical profile's rules, told without any I/O."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chassis.errors import NotFound
from chassis.ids import new_id
from synthesis.domain.contents import contents_of, filename_for
from synthesis.domain.entries import Typed, as_typed, entry_from, faults_of, tidy
from synthesis.domain.partial_dates import PartialDate, partial_date
from synthesis.domain.patient import Patient
from synthesis.domain.profile import (
    MOST_ENTRIES,
    EntryChanged,
    Profile,
    ProfileEmpty,
    SectionFull,
    with_changed,
    with_new,
    without,
)
from synthesis.domain.sections import WORDS, Section
from tests.synthesis.conftest import AT, line, profile_with, treatment

TODAY = date(2026, 6, 9)
PLAIN = [section for section in Section if section is not Section.TREATMENTS]


@pytest.mark.parametrize(
    ("typed", "read", "words"),
    [
        ("2019", PartialDate(2019), "2019"),
        ("03/2019", PartialDate(2019, 3), "mars 2019"),
        (" 3/2019 ", PartialDate(2019, 3), "mars 2019"),
        ("12/03/2019", PartialDate(2019, 3, 12), "12 mars 2019"),
        ("29.02.2024", PartialDate(2024, 2, 29), "29 février 2024"),
    ],
)
def test_a_date_may_be_a_year_or_a_month_alone(typed: str, read: PartialDate, words: str) -> None:
    assert partial_date(typed) == read
    assert read.in_words("fr") == words
    assert partial_date(read.as_typed()) == read


@pytest.mark.parametrize("typed", ["", "hier", "13/2019", "30/02/2024", "1/1/1", "99999", "1899", "03/19", "٢٠١٩"])
def test_what_is_no_date_is_not_read_as_one(typed: str) -> None:
    assert partial_date(typed) is None


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_of_dates(typed: str) -> None:
    partial_date(typed)


def test_a_treatment_needs_its_name_alone() -> None:
    assert not faults_of(Section.TREATMENTS, Typed(name="Ventoline"), TODAY)
    assert list(faults_of(Section.TREATMENTS, Typed(dose="1"), TODAY)) == ["name"]


def test_each_field_says_what_is_wrong_with_it() -> None:
    typed = Typed(name="a" * 101, dose="😀", since="2027", note="x" * 501)
    faults = faults_of(Section.TREATMENTS, typed, TODAY)
    said = {name: fault.in_words(lambda text: text) for name, fault in faults.items()}
    assert said == {
        "name": "Ce champ a au plus 100 caractères.",
        "dose": "Ce champ contient un caractère qui ne peut pas être imprimé : 😀",
        "note": "Ce champ a au plus 500 caractères.",
        "since": "La date ne peut pas être dans le futur.",
    }


@pytest.mark.parametrize("section", PLAIN)
def test_a_plain_entry_is_a_line_of_text(section: Section) -> None:
    typed = tidy(Typed(name="  Pe\u0301nicilline\u200b "))
    assert not faults_of(section, typed, TODAY)
    entry = entry_from(section, typed, new_id(), 1)
    assert as_typed(entry) == Typed(name="Pénicilline")


def test_a_form_shows_again_what_was_kept() -> None:
    typed = Typed(name="Lévothyrox", dose="75 µg", since="03/2019", note="À jeun\nle matin")
    assert as_typed(entry_from(Section.TREATMENTS, typed, new_id(), 1)) == typed


def test_adding_the_same_entry_twice_changes_nothing_the_second_time() -> None:
    entry = treatment()
    profile = with_new(Profile(patient_id="p"), Section.TREATMENTS, entry, AT)
    assert with_new(profile, Section.TREATMENTS, entry, AT) is profile
    assert profile.revision == 1


def test_an_entry_changed_elsewhere_is_not_overwritten() -> None:
    entry = treatment()
    profile = profile_with("p", {Section.TREATMENTS: [entry]})
    changed = with_changed(profile, Section.TREATMENTS, replace(entry, revision=2, dose="100 µg"), AT)
    with pytest.raises(EntryChanged):
        with_changed(changed, Section.TREATMENTS, replace(entry, revision=2, dose="50 µg"), AT)
    with pytest.raises(EntryChanged):
        without(changed, Section.TREATMENTS, entry.id, 1, AT)
    assert without(changed, Section.TREATMENTS, entry.id, 2, AT).is_empty


def test_an_entry_that_is_gone_cannot_be_changed() -> None:
    with pytest.raises(NotFound):
        with_changed(Profile(patient_id="p"), Section.ALLERGIES, replace(line("Pollen"), revision=2), AT)


def test_a_section_holds_a_hundred_entries() -> None:
    full = profile_with("p", {Section.ALLERGIES: [line(f"n° {number}") for number in range(MOST_ENTRIES)]})
    with pytest.raises(SectionFull):
        with_new(full, Section.ALLERGIES, line("une de trop"), AT)


def test_the_pdf_holds_the_filled_sections_in_their_order(inaya: Patient) -> None:
    profile = profile_with(inaya.id, {Section.ALLERGIES: [line("Pénicilline")], Section.TREATMENTS: [treatment()]})
    contents = contents_of(profile, inaya, "Mon espace santé", lambda text: text)
    assert [chapter.title for chapter in contents.chapters] == ["Traitements", "Allergies"]
    assert contents.chapters[0].rows == (("Lévothyrox", "75 µg, le matin", "mars 2019", "–"),)
    assert contents.name == "Inaya Michel"
    assert contents.dated == "Synthèse à jour au 9 juin 2026"


def test_an_empty_profile_has_no_contents(inaya: Patient) -> None:
    with pytest.raises(ProfileEmpty):
        contents_of(Profile(patient_id=inaya.id), inaya, "Mon espace santé", lambda text: text)


def test_the_file_is_named_as_in_the_guide(inaya: Patient) -> None:
    assert filename_for(inaya, lambda text: text) == "Profil médical_InayaMichel.pdf"
    odd = replace(inaya, given_name="Jean-Noël", family_name="d'Ève / ../x")
    assert filename_for(odd, lambda text: text) == "Profil médical_Jean-NoëldÈvex.pdf"


def test_every_section_has_its_words() -> None:
    assert set(WORDS) == set(Section)
