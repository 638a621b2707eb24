"""File names of attachments: readable, harmless, each once in its letter."""

import re
import unicodedata
from email.message import Message as Plain
from pathlib import PurePosixPath

from messaging.letters.headers import decoded

LONGEST_BYTES = 180
SUBJECT_IN_NAME = 80
"""Characters of a subject that name a file."""
Taken = dict[str, int]
"""Names that are given, case-blind, each with the last number that made one like it new."""
UNNAMED = "Pièce jointe"
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")


def given_name(disposition: str, content_type: str) -> str:
    """The name that the two header fields give: RFC 2231, RFC 2047 or bare; empty when there is none."""
    carrier: Plain[str, str] = Plain()
    carrier["Content-Disposition"] = disposition or "attachment"
    carrier["Content-Type"] = content_type or "application/octet-stream"
    try:
        return decoded(carrier.get_filename() or "")
    except (ValueError, LookupError, TypeError):
        return ""


def safe_name(name: str, number: int, extension: str) -> str:
    """A name that is only a name: no path, no hidden or control characters, at most 180 bytes.

    `number` and `extension` (with its dot) name a part that has none.
    """
    visible = "".join(char for char in name if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    last = re.split(r"[/\\]", visible)[-1]
    cleaned = re.sub(r"\s+", " ", _FORBIDDEN.sub("_", unicodedata.normalize("NFC", last))).strip(" .")
    if not cleaned.strip("._ "):
        return f"{UNNAMED} {number}{extension}"
    return _shortened(f"_{cleaned}" if _RESERVED.fullmatch(cleaned) else cleaned)


def name_from(subject: str, otherwise: str) -> str:
    """A name without ending for what is about `subject`; `otherwise` where it holds no letter and no number."""
    plain = re.sub(r"[/\\.\s]+", " ", subject[:SUBJECT_IN_NAME])
    if not any(char.isalnum() for char in plain):
        return otherwise
    return safe_name(plain, 1, "").strip()


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST_BYTES:
        return name
    suffix = PurePosixPath(name).suffix
    suffix = suffix if len(suffix.encode()) <= 16 else ""
    room = LONGEST_BYTES - len(suffix.encode())
    return name[: len(name) - len(suffix)].encode()[:room].decode(errors="ignore").rstrip() + suffix


def distinct(name: str, taken: Taken) -> str:
    """The name, or the name with the first number that makes it new; `taken` then holds it, case-blind."""
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    candidate, number = name, taken.get(name.casefold(), 1)
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{stem} ({number}){suffix}"
    taken[name.casefold()] = number
    taken.setdefault(candidate.casefold(), 1)
    return candidate
