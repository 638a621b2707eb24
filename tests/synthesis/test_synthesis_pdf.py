"""The PDF of the profile, typeset for real: no network, a few milliseconds."""

import io
import unicodedata

import msgspec
import pikepdf
import pytest

from chassis.printable import STAND_IN, is_printed, printed
from synthesis.domain.contents import Contents, contents_of
from synthesis.domain.entries import LINE, LONG, SHORT
from synthesis.domain.patient import Patient
from synthesis.domain.profile import MOST_ENTRIES
from synthesis.domain.sections import Section
from synthesis.pdf import RenderingFailed, Typesetter, typeset
from tests.synthesis.conftest import AT, line, profile_with, treatment


@pytest.fixture
def contents(inaya: Patient) -> Contents:
    entries = {
        Section.TREATMENTS: [treatment(note="#let x = 1 $y$ *z* \\ <b>")],
        Section.ALLERGIES: [line("Pollen")],
    }
    return contents_of(profile_with(inaya.id, entries), inaya, "Mon espace santé", lambda text: text)


def test_the_pdf_is_tagged_and_says_which_standards_it_keeps(contents: Contents) -> None:
    with pikepdf.open(io.BytesIO(typeset(contents, AT))) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "Profil médical – Inaya Michel"
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "fr"


def test_the_same_profile_gives_the_same_bytes(contents: Contents) -> None:
    assert typeset(contents, AT) == typeset(contents, AT)


def test_every_character_that_may_be_typed_can_be_printed(contents: Contents) -> None:
    every = "".join(chr(point) for point in range(0x20, 0x3000) if is_printed(chr(point)))
    assert "œ" in every
    assert not any(unicodedata.category(letter).startswith("C") for letter in every)
    typeset(msgspec.structs.replace(contents, own_words=" ".join(every)), AT)


def test_a_name_in_another_script_is_printed_with_a_stand_in(contents: Contents) -> None:
    assert printed("王 Wang") == f"{STAND_IN} Wang"
    typeset(msgspec.structs.replace(contents, name=printed("王\n\u202e😀")), AT)


def test_a_full_profile_is_typeset_in_time(inaya: Patient) -> None:
    entries = {section: [line("m" * LINE) for _ in range(MOST_ENTRIES)] for section in Section}
    entries[Section.TREATMENTS] = [
        treatment("n" * SHORT, dose="d " * (SHORT // 2), note="mot " * (LONG // 4)) for _ in range(MOST_ENTRIES)
    ]
    contents = contents_of(profile_with(inaya.id, entries), inaya, "Mon espace santé", lambda text: text)
    with pikepdf.open(io.BytesIO(typeset(contents, AT))) as pdf:
        assert len(pdf.pages) > 10


async def test_a_pdf_that_takes_too_long_is_given_up(contents: Contents) -> None:
    typesetter = Typesetter(threads=1, seconds=0.0)
    with pytest.raises(RenderingFailed):
        await typesetter.typeset(contents, AT)
    typesetter.close()


def test_a_failure_names_nothing_of_the_contents(contents: Contents) -> None:
    with pytest.raises(RenderingFailed) as failed:
        typeset(msgspec.structs.replace(contents, name="王"), AT)
    assert "王" not in str(failed.value)
    assert failed.value.__cause__ is None
