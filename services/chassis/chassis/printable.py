"""The characters that our PDFs can print: PDF/A and PDF/UA allow no missing glyph."""

import unicodedata

_PRINTED: tuple[tuple[int, int], ...] = (
    (0x0020, 0x007E),
    (0x00A0, 0x024F),
    (0x0300, 0x0377),
    (0x0384, 0x04FF),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2040),
    (0x2044, 0x2052),
    (0x2070, 0x209C),
    (0x20A0, 0x20BF),
    (0x2100, 0x211E),
    (0x2126, 0x2151),
    (0x2153, 0x215F),
    (0x2190, 0x22FF),
    (0x25A0, 0x25FF),
)
"""Ranges that the fonts of the PDF hold wholly: Latin, Greek, Cyrillic, punctuation, units and signs."""

STAND_IN = "□"
_VARIATIONS = frozenset(map(chr, range(0xFE00, 0xFE10)))
"""They choose the form of the character before them, a sign or a coloured picture."""


def is_printed(character: str) -> bool:
    """Whether the PDF can show this character."""
    if unicodedata.category(character) in ("Cn", "Cc", "Cf", "Zl", "Zp"):
        return False
    return any(first <= ord(character) <= last for first, last in _PRINTED)


def unprinted(text: str) -> str:
    """The characters of `text`, each once, that `printed` replaces; line ends are none of them."""
    return "".join(dict.fromkeys(filter(_lacks, _visible(text))))


def printed(text: str) -> str:
    """The text with a stand-in for what can't be shown: for names, which are not ours to refuse."""
    return "".join(STAND_IN if _lacks(letter) else letter for letter in _visible(text))


def _lacks(character: str) -> bool:
    return character != "\n" and not is_printed(character)


def _visible(text: str) -> str:
    """Composed, without what nobody sees: soft hyphens, blanks and joiners without width, marks of direction."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        letter for letter in composed if unicodedata.category(letter) != "Cf" and letter not in _VARIATIONS
    )
