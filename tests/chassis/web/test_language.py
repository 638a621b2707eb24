"""French as it is set, and other languages for who wants them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.i18n import catalogue
from chassis.web.language import Languages, current_language

ENGLISH = """msgid ""
msgstr "Content-Type: text/plain; charset=utf-8"

msgid "Retour"
msgstr "Back"

msgid "Plus tard"
msgstr ""

msgid "%(num)s message"
msgid_plural "%(num)s messages"
msgstr[0] "%(num)s letter"
msgstr[1] "%(num)s letters"
"""


@pytest.fixture(autouse=True)
def _french_again() -> Iterator[None]:
    yield
    Languages([]).choose("")


@pytest.fixture
def languages(tmp_path: Path) -> Languages:
    path = tmp_path / "en" / "LC_MESSAGES" / "pages.po"
    path.parent.mkdir(parents=True)
    path.write_text(ENGLISH)
    return Languages([tmp_path])


def test_spaces_that_no_line_may_break_at_are_not_broken() -> None:
    spaced = Languages([]).gettext("Qui y a accès ? « Moi » : personne d'autre ; 8 h 30 !")
    assert spaced == "Qui y a accès\xa0? «\xa0Moi\xa0»\xa0: personne d'autre\xa0; 8 h 30\xa0!"


@pytest.mark.parametrize(
    ("accepted", "chosen", "shown"),
    [
        ("en-GB,en;q=0.9,fr;q=0.5", "", "en"),
        ("de,fr;q=0.9,en;q=0.8", "", "fr"),
        ("de", "", "fr"),
        ("", "", "fr"),
        ("fr", "en", "en"),
        ("en", "fr", "fr"),
        ("en", "xx", "en"),
        (";;q=,en;q=x", "../en", "fr"),
    ],
)
def test_what_a_person_chose_goes_before_what_their_browser_asks_for(
    languages: Languages, accepted: str, chosen: str, shown: str
) -> None:
    languages.choose(accepted, chosen)
    assert current_language() == shown


def test_a_text_that_is_not_translated_is_said_in_french(languages: Languages) -> None:
    languages.choose("en")
    assert languages.gettext("Retour") == "Back"
    assert languages.gettext("Plus tard") == "Plus tard"


@pytest.mark.parametrize(("number", "said"), [(0, "letters"), (1, "letter"), (2, "letters")])
def test_numbers_follow_the_rule_of_their_language(languages: Languages, number: int, said: str) -> None:
    languages.choose("en")
    assert languages.ngettext("%(num)s message", "%(num)s messages", number) == f"%(num)s {said}"


def test_languages_are_named_by_those_who_speak_them(languages: Languages) -> None:
    assert languages.names() == {"fr": "Français", "en": "English"}


def test_without_a_catalogue_french_is_said(tmp_path: Path) -> None:
    assert catalogue((tmp_path,), "pages", "en").gettext("Retour") == "Retour"
