"""The name of a document: what it may hold (guide, "Ajouter une pièce jointe aux documents")."""

LONGEST_TITLE = 50
"""Characters."""
FORBIDDEN = frozenset("<>\"«»=()+'’‘`.,;:&?![]{}|/%@~^§¤²µ\\")
"""The characters that the guide lists under the field."""


def is_title(text: str) -> bool:
    """Whether this may be a document's name."""
    if not text.strip() or len(text) > LONGEST_TITLE:
        return False
    return all(letter not in FORBIDDEN and letter.isprintable() for letter in text)
