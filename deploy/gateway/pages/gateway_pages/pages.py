"""The words of each page, and the page around them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template

HOME = """<a href="/">Revenir à l'accueil</a>"""
AGAIN = '<a href="">Réessayer</a>'


@dataclass(frozen=True)
class Page:
    """What happened, and what the person can do."""

    status: int
    title: str
    sentences: tuple[str, ...]
    acts: tuple[str, ...] = (AGAIN, HOME)
    retry_after_s: int | None = None

    def html(self, service_name: str) -> bytes:
        """The whole page, under the name of the service."""
        paragraphs = "\n    ".join(f"<p>{sentence}</p>" for sentence in self.sentences)
        page = Template((files("gateway_pages") / "page.html").read_text(encoding="utf-8"))
        words = {"title": self.title, "sentences": paragraphs, "acts": " ".join(self.acts)}
        return page.substitute(words, service=escape(service_name)).encode()


_AWAY = (
    "Cette partie du site ne répond pas pour l'instant. Vos messages et vos documents sont conservés.",
    "Réessayez dans quelques instants : le reste du site peut continuer à fonctionner.",
)

PAGES = {
    page.status: page
    for page in (
        Page(
            404,
            "Cette page n'existe pas",
            ("L'adresse a peut-être été mal recopiée, ou la page a été déplacée.",),
            (HOME,),
        ),
        Page(
            429,
            "Trop de tentatives",
            (
                "Vous avez essayé de nombreuses fois en peu de temps. Pour protéger votre compte,"
                " patientez un instant.",
                "Réessayez dans une minute.",
            ),
            ('<a href="/connexion">Revenir à la connexion</a>', HOME),
            60,
        ),
        Page(502, "Cette partie du site est indisponible", _AWAY, retry_after_s=10),
        Page(503, "Cette partie du site est indisponible", _AWAY, retry_after_s=10),
        Page(
            504,
            "La réponse tarde trop",
            ("Le site met plus de temps que prévu à répondre. Vos messages et vos documents sont conservés.",),
            retry_after_s=10,
        ),
    )
}


def stylesheet() -> bytes:
    """The one stylesheet."""
    return (files("gateway_pages") / "page.css").read_bytes()
