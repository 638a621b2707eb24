"""The words of notices, from Jinja2 templates, in the patient's language. French is the source."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from chassis.i18n import catalogue
from notifier.domain.notices import Kind

HERE = Path(__file__).parent
DOMAIN = "pages"


@dataclass(frozen=True)
class Words:
    """A notice as an e-mail tells it."""

    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What a notice tells to whom. `count`: of how many unread letters; `token`: of its browser view."""

    kind: Kind
    language: str
    given_name: str = field(repr=False)
    count: int = 1
    token: str = field(default="", repr=False)


_TEMPLATES = {Kind.REPLY: "reply"}
"""Which words a kind has; all that tell of letters share theirs."""


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

    def notice(self, notice: Notice) -> Words:
        """The e-mail that tells something. Nothing of a letter or a reply is in it."""
        facts = self.facts(notice) | {"view": self._views + notice.token}
        return self._words(_TEMPLATES.get(notice.kind, "letter"), notice.language, facts)

    def facts(self, notice: Notice) -> dict[str, Any]:
        """What a notice is filled with, beside the address of its browser view."""
        return {
            **self._always,
            "kind": notice.kind.value,
            "count": notice.count,
            "given_name": notice.given_name.upper(),
        }

    def notice_sms(self, notice: Notice) -> str:
        """The same for a phone."""
        return self._fill(f"{_TEMPLATES.get(notice.kind, 'letter')}.sms", notice.language, self.facts(notice))

    def code(self, *, language: str, code: str, until: str) -> Words:
        """The e-mail that brings a code; `until` is a clock time in the patient's zone."""
        return self._words("code", language, {**self._always, "code": code, "until": until})

    def code_sms(self, *, language: str, code: str, until: str) -> str:
        """The text that brings a code, its last line for the phone's own filling-in."""
        return self._fill("code.sms", language, {**self._always, "code": code, "until": until})

    def _words(self, name: str, language: str, facts: dict[str, Any]) -> Words:
        subject = self._fill(f"{name}.subject", language, facts)
        return Words(
            subject=subject,
            text=self._fill(f"{name}.txt", language, facts) + "\n",
            html=self._fill(f"{name}.html", language, facts | {"subject": subject}) + "\n",
        )

    def _fill(self, template: str, language: str, facts: dict[str, Any]) -> str:
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
