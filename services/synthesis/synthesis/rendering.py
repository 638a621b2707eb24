"""A patient's profile made into its PDF, for a page and for a draft alike."""

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from chassis.i18n import SOURCE_LANGUAGE, Translate, catalogue
from synthesis.domain.contents import contents_of, filename_for
from synthesis.domain.patient import Patient
from synthesis.domain.profile import Profile, ProfileEmpty
from synthesis.pdf import Typesetter

LOCALE = Path(__file__).parent / "locale"


class Synthesis(Struct, frozen=True, kw_only=True):
    """The PDF of a profile, and the name of its file."""

    pdf: bytes
    filename: str


async def render(typesetter: Typesetter, profile: Profile, patient: Patient, service: str) -> Synthesis:
    """The PDF of this profile, in French: professionals read it. Raises `ProfileEmpty`, `RenderingFailed`."""
    say = _words_of(SOURCE_LANGUAGE)
    contents = contents_of(profile, replace(patient, language=SOURCE_LANGUAGE), service, say)
    if profile.changed_at is None:
        raise ProfileEmpty("never written in")
    pdf = await typesetter.typeset(contents, profile.changed_at)
    return Synthesis(pdf=pdf, filename=filename_for(patient, say))


def _words_of(language: str) -> Translate:
    return catalogue((LOCALE,), "pages", language).gettext
