"""SMS: what fits the GSM 7-bit alphabet, so that a text stays one cheap message (3GPP TS 23.038, 6.2.1)."""

import unicodedata

SINGLE = 160
"""Characters of one SMS in this alphabet."""

_ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_REPLACED = {
    "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...",
    "œ": "oe", "Œ": "OE", "€": "EUR",
}  # fmt: skip


def gsm7(text: str) -> str:
    """`text` in the alphabet: what it lacks loses its accent, is replaced, or becomes `?`."""
    return "".join(_fitting(character) for character in text)


def is_gsm7(text: str) -> bool:
    """Whether every character is in the alphabet's basic table."""
    return set(text) <= _ALPHABET


def _fitting(character: str) -> str:
    if character in _ALPHABET:
        return character
    if character in _REPLACED:
        return _REPLACED[character]
    folded = unicodedata.normalize("NFKD", character)
    bare = "".join(one for one in folded if not unicodedata.combining(one))
    return bare if bare and set(bare) <= _ALPHABET else "?"
