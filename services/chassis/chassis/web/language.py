"""Which language a page is written in: French is the source, others are catalogues of the domain `pages`."""

import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path

from babel import Locale

from chassis.i18n import SOURCE_LANGUAGE, catalogue, languages_in

DOMAIN = "pages"
LANGUAGE_COOKIE = "__Host-pli-langue"
"""The language that a person chose in this browser; auth sets it, every service reads it."""
_UNBROKEN = re.compile(r"(?<=\S) (?=[?!:;»])|(?<=«) ")
"""Where French puts a space that no line may break at."""
_language: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)


def current_language() -> str:
    """The language of the request under way, a code such as `fr`."""
    return _language.get()


class Languages:
    """The texts of the service's and the shell's catalogues, the service's first."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self.offered = (SOURCE_LANGUAGE, *languages_in(self._folders, DOMAIN))
        self._names = {code: (Locale.parse(code).display_name or code).capitalize() for code in self.offered}

    def choose(self, accepted: str, chosen: str = "") -> None:
        """Use, for the request under way, what the person chose, else what their browser asks for.

        `chosen` is a code as the cookie holds it; `accepted` an `Accept-Language`. The first that is offered.
        """
        wanted = (chosen, *_in_order(accepted))
        _language.set(next((code for code in wanted if code in self.offered), SOURCE_LANGUAGE))

    def names(self) -> Mapping[str, str]:
        """Every language that is offered, by its code, as those who speak it write it."""
        return self._names

    def gettext(self, text: str) -> str:
        """`text` in the language of the request under way."""
        if not text:
            return ""
        if current_language() == SOURCE_LANGUAGE:
            return _spaced(text)
        return catalogue(self._folders, DOMAIN, current_language()).gettext(text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """`one` or `many` in that language, by its own rule of number; French counts 0 as singular."""
        if current_language() == SOURCE_LANGUAGE:
            return _spaced(one if abs(number) < 2 else many)
        return catalogue(self._folders, DOMAIN, current_language()).ngettext(one, many, number)


def _spaced(text: str) -> str:
    return _UNBROKEN.sub("\N{NO-BREAK SPACE}", text)


def _in_order(accepted: str) -> list[str]:
    """The language codes of an `Accept-Language` header, most wanted first (RFC 9110 §12.5.4)."""
    weighed = [_weighed(item) for item in accepted[:200].split(",") if item.strip()]
    return [code for weight, code in sorted(weighed, key=lambda pair: -pair[0]) if weight > 0]


def _weighed(item: str) -> tuple[float, str]:
    name, _, quality = item.strip().partition(";q=")
    try:
        weight = float(quality) if quality else 1.0
    except ValueError:
        weight = 0.0
    return weight, name.strip().lower().split("-")[0]
