"""What an identifier and a password must be like. Rule: patient journeys, "Connect", activation."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from contracts import ins

IDENTIFIER_MIN, IDENTIFIER_MAX = 8, 100
PASSWORD_MIN, PASSWORD_MIN_MIXED, PASSWORD_MAX = 12, 9, 200
STRONG_ENOUGH = 3
"""zxcvbn's score from which an attacker needs more than 10^8 guesses."""
_JUDGED = 72
"""zxcvbn refuses longer passwords; what is beyond only makes them stronger."""

_IDENTIFIER = re.compile(r"[a-z0-9_.\-]+")
_INS_LIKE = re.compile(r"[12][0-9]{4}[0-9][0-9ab][0-9]{6}([0-9]{2})?")


class IdentifierFault(StrEnum):
    """Why an identifier can't be taken."""

    LENGTH = "length"
    CHARACTERS = "characters"
    EMAIL = "email"
    INS = "ins"


class PasswordFault(StrEnum):
    """Why a password can't be taken."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"


def identifier(typed: str) -> str:
    """An identifier as it is compared: trimmed, in lower case, without invisible differences."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def identifier_fault(chosen: str) -> IdentifierFault | None:
    """What is wrong with a chosen identifier (normalised), or None."""
    if "@" in chosen:
        return IdentifierFault.EMAIL
    if not _IDENTIFIER.fullmatch(chosen):
        return IdentifierFault.CHARACTERS
    if not IDENTIFIER_MIN <= len(chosen) <= IDENTIFIER_MAX:
        return IdentifierFault.LENGTH
    if _INS_LIKE.fullmatch(chosen) or ins.is_valid(ins.normalised(chosen)):
        return IdentifierFault.INS
    return None


def password(typed: str) -> str:
    """A password as it is hashed: the same however a keyboard composes its accents (RFC 8265 §4.2)."""
    return unicodedata.normalize("NFC", typed)


def length_fault(chosen: str) -> PasswordFault | None:
    """SHORT under 12 characters, or under 9 with all four classes; LONG over 200."""
    shortest = PASSWORD_MIN_MIXED if _classes(chosen) == 4 else PASSWORD_MIN
    if len(chosen) < shortest:
        return PasswordFault.SHORT
    return PasswordFault.LONG if len(chosen) > PASSWORD_MAX else None


def is_common(chosen: str, about_the_person: Sequence[str]) -> bool:
    """Whether it is soon guessed, knowing these words about the person. Takes milliseconds of CPU."""
    from zxcvbn import zxcvbn  # 11 MB of words, needed at activation only

    judged = zxcvbn(chosen[:_JUDGED], user_inputs=[word for word in about_the_person if word])
    return int(judged["score"]) < STRONG_ENOUGH


def _classes(chosen: str) -> int:
    kinds = (str.islower, str.isupper, str.isdigit, lambda character: not character.isalnum())
    return sum(any(kind(character) for character in chosen) for kind in kinds)
