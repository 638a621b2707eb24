"""Which language a page is written in: what the person chose in this browser, else what the browser asks for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from gettext import GNUTranslations, NullTranslations
from http.cookies import CookieError, SimpleCookie
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE = "fr"
COOKIE = "__Host-pli-langue"
LOCALE = Path(__file__).parent / "locale"
OFFERED = frozenset({SOURCE, *(path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/pages.po"))})


def mark(text: str) -> str:
    """Mark a text for the catalogues where it is declared; it is translated where it is shown."""
    return text


def wanted(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The language to answer a request in, from its cookie or its `Accept-Language`; French when neither says."""
    said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    asked = [
        item.partition(";")[0].strip().split("-")[0].lower() for item in said.get("accept-language", "").split(",")
    ]
    return next((code for code in (_chosen(said.get("cookie", "")), *asked) if code in OFFERED), SOURCE)


@cache
def texts(language: str) -> NullTranslations:
    """The catalogue of a language; the source has none."""
    path = LOCALE / language / "LC_MESSAGES" / "pages.po"
    if not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as written:
        write_mo(compiled, read_po(written, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _chosen(cookies: str) -> str:
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
