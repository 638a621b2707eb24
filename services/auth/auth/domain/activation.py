"""Activation codes, and whether who brings one is who was invited.

Rule: patient journeys, "Connect": 12 characters without 0 O 1 I, groups of 4, case-blind, 6 weeks.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta

from msgspec import Struct

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 12
GROUP = 4
INVITATION_LIFE = timedelta(weeks=6)
HOLD = timedelta(minutes=30)
"""How long a browser that proved the invitation may take to choose identifier and password."""


class Invitation(Struct, frozen=True, kw_only=True):
    """What an operator prepared for one person; the code itself is only known to that person."""

    id: str
    patient_id: str
    birth_name: str
    birth_date: date
    expires_at: datetime
    used_at: datetime | None = None
    held_until: datetime | None = None

    def is_for(self, birth_name: str, birth_date: date) -> bool:
        """Whether these are the invited person's birth name and date, however the name was typed."""
        return folded(self.birth_name) == folded(birth_name) and self.birth_date == birth_date

    def is_open(self, at: datetime) -> bool:
        """Whether the code may still be used at this instant."""
        return self.used_at is None and at < self.expires_at

    def is_held(self, at: datetime) -> bool:
        """Whether the browser that proved it may still choose identifier and password."""
        return self.is_open(at) and self.held_until is not None and at < self.held_until


def new_code(choose: Callable[[str], str]) -> str:
    """A code of 60 random bits; `choose` picks one character (`secrets.choice`)."""
    return "".join(choose(ALPHABET) for _ in range(LENGTH))


def in_groups(code: str) -> str:
    """The code as it is printed: `ABCD-EFGH-JKLM`."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read_code(typed: str) -> str | None:
    """The code a person typed, in any case and grouping; None if it can be no code."""
    code = re.sub(r"[\s\-.–—]", "", typed[:64]).upper()
    is_code = len(code) == LENGTH and all(character in ALPHABET for character in code)
    return code if is_code else None


def folded(name: str) -> str:
    """A name reduced to its letters, without accents or case, so that "D’Arc" is "DARC"."""
    letters = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "oe")).casefold()
    return "".join(letter for letter in letters if letter.isalpha())
