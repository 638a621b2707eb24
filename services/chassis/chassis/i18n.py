"""Texts go through gettext: French is the source, other languages are catalogues.

`locale/<language>/LC_MESSAGES/<domain>.po` beside each service's templates, read as translators write them
(docs/adr/0008); what a catalogue lacks is said in the French source.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "fr"

Translate = Callable[[str], str]
"""From a marked text to what the reader is shown."""


def mark(text: str) -> str:
    """Mark a text for the catalogues where it is declared; it is translated where it is shown."""
    return text


@lru_cache(maxsize=64)
def catalogue(folders: tuple[Path, ...], domain: str, language: str) -> NullTranslations:
    """The texts of `domain` in `language`, the first folder first, falling back on the French source."""
    chain: NullTranslations | None = None
    for path in _catalogue_files(folders, domain, language):
        found = _read(path, language)
        if chain is None:
            chain = found
        else:
            chain.add_fallback(found)
    return chain or NullTranslations()


def languages_in(folders: Sequence[Path], domain: str) -> list[str]:
    """The languages that have a catalogue of `domain` in one of these folders, the source left out."""
    found = (path for folder in folders for path in folder.glob(f"*/LC_MESSAGES/{domain}.po"))
    return sorted({path.parent.parent.name for path in found})


def _catalogue_files(folders: Sequence[Path], domain: str, language: str) -> list[Path]:
    if language == SOURCE_LANGUAGE:
        return []
    paths = (folder / language / "LC_MESSAGES" / f"{domain}.po" for folder in folders)
    return [path for path in paths if path.is_file()]


def _read(path: Path, language: str) -> GNUTranslations:
    with path.open("rb") as written:
        texts = read_po(written, locale=language)
    compiled = BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return GNUTranslations(compiled)
