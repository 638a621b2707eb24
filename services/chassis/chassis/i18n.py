"""Texts go through gettext: French is the source, other languages are catalogues.

`locale/<language>/LC_MESSAGES/<domain>.mo` beside each service's templates; a missing catalogue
answers with the French source.
"""

from collections.abc import Sequence
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations, find
from pathlib import Path

SOURCE_LANGUAGE = "fr"


def mark(text: str) -> str:
    """Mark a text for the catalogues where it is declared; it is translated where it is shown."""
    return text


@lru_cache(maxsize=64)
def catalogue(folders: tuple[Path, ...], domain: str, language: str) -> NullTranslations:
    """The texts of `domain` in `language`, the first folder first, falling back on the French source."""
    chain: NullTranslations | None = None
    for path in _catalogue_files(folders, domain, language):
        with path.open("rb") as file:
            found = GNUTranslations(file)
        if chain is None:
            chain = found
        else:
            chain.add_fallback(found)
    return chain or NullTranslations()


def _catalogue_files(folders: Sequence[Path], domain: str, language: str) -> list[Path]:
    found = (find(domain, str(folder), [language]) for folder in folders)
    return [Path(path) for path in found if isinstance(path, str)]
