"""Names as the patient reads them: cleaned, letter case unchanged, never an address."""

import re
import unicodedata

LONGEST = 120
_SPACES = re.compile(r"[\s_]+")
_QUOTES = "\"'“”«» ,;"


def shown_name(name: str, address: str) -> str:
    """A correspondent's name: as received after cleaning, or made from the address's local part.

    `Dr_Marie_MARTIN_Cabinet Medical` reads `Dr Marie MARTIN Cabinet Medical`. Never empty, never an address.
    """
    cleaned = clean_line(name.replace("_", " "), LONGEST).strip(_QUOTES)
    if cleaned and "@" not in cleaned:
        return cleaned
    return _from_address(address)


def clean_line(text: str, longest: int) -> str:
    """One line without control, direction or invisible characters, at most `longest` characters."""
    visible = "".join(" " if _breaks(char) else char for char in text if not _hidden(char))
    line = re.sub(r"\s+", " ", visible).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _breaks(char: str) -> bool:
    return char in "\t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029"


def _hidden(char: str) -> bool:
    """Control, format (bidi overrides included), surrogate and private characters; joiners stay."""
    if _breaks(char) or char in "\u200c\u200d":
        return False
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn")


def _from_address(address: str) -> str:
    local = address.partition("@")[0]
    words = clean_line(re.sub(r"[._+-]+", " ", local), LONGEST)
    return words.title() or "?"


def resembles_service(name: str, service_name: str) -> bool:
    """Whether a sender's name could be taken for the service's own, whatever its accents and letter case."""
    ours = _folded(service_name)
    return bool(ours) and ours in _folded(name)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in plain if char.isalnum())
