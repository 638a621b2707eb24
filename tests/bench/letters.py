"""The letter that is sent again and again: 203 KB with a PDF, each time another one."""

import random
from dataclasses import dataclass
from functools import cache

from demo.letters import File, Letter, Person, Report

SIZE = 203_000
_MARK = "0123456789abcdef0123456789ABCDEF"
_BASE64_GROWTH = 78 / 57
SENDER = Person("Docteur Émilie Garçon", "emilie.garcon@hopital.mssante.fr")
TEXT = """Bonjour,

Vous trouverez ci-joint le compte rendu de votre consultation. Les résultats sont dans les valeurs
usuelles ; un contrôle est prévu dans six mois, après l'été.

Bien à vous,

Dr Émilie Garçon
"""
_REPORT = Report(
    title="Compte rendu de consultation",
    author="Dr Émilie Garçon",
    function="Médecine interne",
    date="8 juin 2026",
    paragraphs=("Examen de contrôle.", "Les résultats sont dans les valeurs usuelles."),
    results=(("Glycémie à jeun", "0,92 g/L", "0,70 à 1,10 g/L"),),
)


@dataclass(frozen=True)
class Mould:
    """A letter with a gap: its Message-ID and subject are filled in, so that no two are the same."""

    content: bytes

    @classmethod
    def of(cls, recipient: str, size: int = SIZE) -> "Mould":
        """A letter of about `size` bytes to this address, dots stuffed as SMTP wants them."""
        bare = len(_letter(recipient, b"").mime())
        letter = _letter(recipient, _scan(int((size - bare) / _BASE64_GROWTH)))
        return cls(letter.mime().replace(b"\r\n.", b"\r\n.."))

    def cast(self, mark: str) -> bytes:
        """One letter; `mark` has 32 characters."""
        return self.content.replace(_MARK.encode(), mark.encode())


def _letter(recipient: str, scan: bytes) -> Letter:
    return Letter(
        sender=SENDER,
        to=[Person("Patient d'essai", recipient)],
        subject=f"Compte rendu {_MARK}",
        text=TEXT,
        files=[File(name="Compte rendu.pdf", media_type="application/pdf", content=_once() + scan)],
        message_id=f"<{_MARK}@hopital.mssante.fr>",
    )


def report() -> bytes:
    """A PDF of one page, typeset anew."""
    return _REPORT.pdf()


@cache
def _once() -> bytes:
    return report()


def _scan(size: int) -> bytes:
    """What a scanned page adds to a PDF: bytes that don't compress."""
    return b"\n%" + random.Random(1).randbytes(max(size - 2, 0))
