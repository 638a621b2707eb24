"""The national health identity number (INS): fifteen characters, the last two a key.

Source of the rule: RNIV, référentiel « Identifiant national de santé »: key = 97 − (number mod 97), where
the departments of Corsica count as 19 (2A) and 18 (2B).
"""

import re

_SHAPE = re.compile(r"[0-9]{6}[0-9AB][0-9]{8}")
_CORSICA = {"2A": "19", "2B": "18"}


def normalised(typed: str) -> str:
    """The number without the spaces people type in it, in capitals."""
    return re.sub(r"[\s.]", "", typed).upper()


def key_of(number: str) -> str:
    """The two-digit key of the first thirteen characters."""
    department = number[5:7]
    digits = number[:5] + _CORSICA.get(department, department) + number[7:13]
    return f"{97 - int(digits) % 97:02d}"


def is_valid(ins: str) -> bool:
    """Whether these fifteen characters (normalised) are an INS with the right key."""
    if not _SHAPE.fullmatch(ins) or (ins[6] in "AB" and ins[5] != "2"):
        return False
    return key_of(ins) == ins[13:]
