"""The catalogues of other languages: brought to what the code says, and their faults named."""

from pathlib import Path

import pytest
from babel.messages.catalog import Message

from stack import texts

CODE = """
from chassis.i18n import mark as _
_("Retour")
_("Bonjour %(name)s,")
"""
PAGE = """{{ _("Retour") }}
{% trans count=n %}{{ count }} message
  non lu{% pluralize %}{{ count }} messages{% endtrans %}"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(texts, "CHECKOUT", tmp_path)
    folder = tmp_path / "house"
    (folder / "web" / "templates").mkdir(parents=True)
    (folder / "code.py").write_text(CODE)
    (folder / "web" / "templates" / "page.html").write_text(PAGE)
    return folder


def translate(package: Path, **words: str) -> None:
    path = texts.path_of(package, "en")
    for source, translation in words.items():
        written = path.read_text()
        path.write_text(written.replace(f'{source}"\nmsgstr ""', f'{source}"\nmsgstr "{translation}"'))


def test_what_code_and_pages_say_is_found(package: Path) -> None:
    assert list(texts.extracted(package)) == [
        "%(count)s message non lu",
        "Bonjour %(name)s,",
        "Retour",
    ]


def test_a_new_text_waits_for_its_translation_and_an_old_one_keeps_it(package: Path) -> None:
    assert texts.update((package,)) == 3
    translate(package, Retour="Back")
    (package / "code.py").write_text(CODE + '_("Demain")')
    assert texts.update((package,)) == 3
    assert texts.read(package, "en")["Retour"].string == "Back"
    lines = texts.complaints((package,))
    assert any("'Demain' is not translated" in line for line in lines)
    assert not any("Retour" in line for line in lines)


def test_writing_a_catalogue_again_changes_nothing(package: Path) -> None:
    texts.update((package,))
    before = texts.path_of(package, "en").read_text()
    texts.update((package,))
    assert texts.path_of(package, "en").read_text() == before


def test_what_another_package_translated_is_taken_over(package: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "code.py").write_text('from chassis.i18n import mark as _\n_("Retour")')
    texts.update((other,))
    translate(other, Retour="Back")
    texts.update((package, other))
    assert texts.read(package, "en")["Retour"].string == "Back"


def test_what_is_said_no_more_and_what_lacks_is_named(package: Path) -> None:
    texts.update((package,))
    (package / "code.py").write_text('from chassis.i18n import mark as _\n_("Demain")')
    lines = " ".join(texts.complaints((package,)))
    assert "lacks 'Demain'" in lines
    assert "nobody says 'Bonjour %(name)s,' any more" in lines


@pytest.mark.parametrize(
    ("source", "translation", "right"),
    [
        ("Bonjour %(name)s,", "Hello %(name)s,", True),
        ("Bonjour %(name)s,", "Hello,", False),
        ("Bonjour", "Hello %(name)s", False),
        (("%(num)s message", "%(num)s messages"), ("one message", "%(num)s messages"), True),
        (("%(num)s message", "%(num)s messages"), ("one message", "messages"), False),
        ("100 %", "100%", True),
    ],
)
def test_a_translation_keeps_the_placeholders_of_its_source(source: str, translation: str, right: bool) -> None:
    assert (texts.placeholder_fault(Message(source, translation)) is None) is right


def test_no_translation_of_ours_has_lost_a_placeholder() -> None:
    faults = [
        f"{package.name}: {key}: {fault}"
        for package in texts.PACKAGES
        for key, message in texts.read(package, "en").items()
        if message.string and (fault := texts.placeholder_fault(message))
    ]
    assert faults == []
