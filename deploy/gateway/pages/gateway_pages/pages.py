"""The words of each page, and the page around them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template

from gateway_pages.language import SOURCE, texts
from gateway_pages.language import mark as _

Act = tuple[str, str]
"""Where a link leads, and its words."""

HOME: Act = ("/", _("Revenir à l'accueil"))
AGAIN: Act = ("", _("Réessayer"))
RELOADS = _("Cette page se recharge d'elle-même : elle reviendra dès que ce sera possible.")


@dataclass(frozen=True)
class Page:
    """What happened, and what the person can do."""

    status: int
    title: str
    sentences: tuple[str, ...]
    acts: tuple[Act, ...] = (AGAIN, HOME)
    retry_after_s: int | None = None

    @property
    def waits(self) -> bool:
        """Whether it stands for a part that comes back."""
        return self.status >= 502

    def html(self, service_name: str, language: str = SOURCE, *, reloads: bool = False) -> bytes:
        """The whole page, under the name of the service; it says so when it `reloads` by itself."""
        say = texts(language).gettext
        sentences = (*self.sentences, RELOADS) if reloads else self.sentences
        page = Template((files("gateway_pages") / "page.html").read_text(encoding="utf-8"))
        return page.substitute(
            language=language,
            skip=say(_("Aller au contenu")),
            title=say(self.title),
            sentences="\n    ".join(f"<p>{say(sentence)}</p>" for sentence in sentences),
            acts=" ".join(f'<a href="{href}">{say(words)}</a>' for href, words in self.acts),
            service=escape(service_name),
        ).encode()


_AWAY = (
    _("Cette partie du site ne répond pas pour l'instant. Ce qui était enregistré est conservé."),
    _("Si vous étiez en train d'écrire, revenez à la page précédente : votre texte y est peut-être encore."),
    _("Réessayez dans quelques instants : le reste du site peut continuer à fonctionner."),
)

PAGES = {
    page.status: page
    for page in (
        Page(
            404,
            _("Adresse introuvable"),
            (_("Cette page n'existe pas, ou n'existe plus."), _("Vérifiez l'adresse, ou revenez à l'accueil.")),
            (HOME,),
        ),
        Page(
            429,
            _("Trop de tentatives"),
            (
                _(
                    "Vous avez essayé de nombreuses fois en peu de temps. Pour protéger votre compte, "
                    "patientez un instant."
                ),
                _("Réessayez dans une minute."),
            ),
            (("/connexion", _("Revenir à la connexion")), HOME),
            60,
        ),
        Page(502, _("Cette partie du site est indisponible"), _AWAY, retry_after_s=10),
        Page(503, _("Cette partie du site est indisponible"), _AWAY, retry_after_s=10),
        Page(
            504,
            _("La réponse tarde trop"),
            (_("Le site met plus de temps que prévu à répondre. Ce qui était enregistré est conservé."),),
            retry_after_s=10,
        ),
    )
}


def stylesheet() -> bytes:
    """The one stylesheet."""
    return (files("gateway_pages") / "page.css").read_bytes()
