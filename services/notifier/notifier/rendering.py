"""The words of notices, from Jinja2 templates, in the patient's language. French is the source."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from chassis.i18n import catalogue

HERE = Path(__file__).parent
DOMAIN = "pages"


@dataclass(frozen=True)
class Words:
    """A notice as an e-mail tells it."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


class Renderer:
    """Fills the templates with what is the same in every notice: the service's name and address."""

    def __init__(self, *, service_name: str, public_origin: str, public_host: str, data_controllers: str) -> None:
        self._always = {
            "service_name": service_name,
            "home": f"{public_origin}/",
            "help": f"{public_origin}/aide",
            "host": public_host,
            "data_controllers": data_controllers,
        }
        self._views = f"{public_origin}/notifications/"

    def letter(self, *, language: str, given_name: str, token: str) -> Words:
        """The e-mail that announces a letter. Nothing of the letter is in it."""
        facts = self.letter_facts(given_name) | {"view": self._views + token}
        return self._words("letter", language, facts)

    def letter_facts(self, given_name: str) -> dict[str, Any]:
        """What the announcement of a letter is filled with, beside the address of its browser view."""
        return {**self._always, "given_name": given_name.upper()}

    def letter_sms(self, *, language: str) -> str:
        """The text that announces a letter to a phone."""
        return self._fill("letter.sms", language, self._always)

    def code(self, *, language: str, code: str, until: str) -> Words:
        """The e-mail that brings a code; `until` is a clock time in the patient's zone."""
        return self._words("code", language, {**self._always, "code": code, "until": until})

    def code_sms(self, *, language: str, code: str, until: str) -> str:
        """The text that brings a code, its last line for the phone's own filling-in."""
        return self._fill("code.sms", language, {**self._always, "code": code, "until": until})

    def _words(self, name: str, language: str, facts: dict[str, str]) -> Words:
        return Words(
            subject=self._fill(f"{name}.subject", language, facts),
            text=self._fill(f"{name}.txt", language, facts) + "\n",
            html=self._fill(f"{name}.html", language, facts) + "\n",
        )

    def _fill(self, template: str, language: str, facts: dict[str, str]) -> str:
        return _environment(language).get_template(template).render(facts, language=language).strip()


@lru_cache(maxsize=16)
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    texts = catalogue((HERE / "locale",), DOMAIN, language)
    install: Any = environment
    install.install_gettext_translations(texts, newstyle=True)
    return environment
