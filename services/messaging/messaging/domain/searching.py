"""Search in subjects, names, names of files and bodies: by the beginnings of words, blind to case and accents.

A message is found by tokens: the first four letters of each of its words (the whole of a shorter one), with the
patient and the volume in front. A volume is some 256 successive letters of one mailbox: volumes bound how much one
query can find, whatever the word, on a store that does not stop at a limit.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from hashlib import sha256

from msgspec import Struct

from messaging.domain.model import Message

LETTERS_A_VOLUME = 256
STEM = 4
"""Letters of a word that a token holds."""
MOST_WORDS = 400
"""Different words of one message that can be found: the first."""
MOST_FILES = 20
"""Files of one message whose names can be found: the first."""
MOST_ASKED = 6
"""Words of one query: the first."""
LONGEST = 40
EXCERPT = 90
"""Characters shown before and after the first match."""
_WORD = re.compile(r"[^\W_]+")
_SPELLED = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
GRAMMAR = frozenset(
    """au aux avec ce ces cette dans de des du elle en est et eu il ils je la le les leur lui ma mais me mes mon ne
    nos notre nous on ou par pas pour qu que qui sa se ses son sur ta te tes toi ton tu un une vos votre vous ont
    sont sera serait ai as avez avons ete etre cela ceci celle celui ci si sans sous""".split()  # noqa: SIM905
)
"""Words that no search asks for alone: they are in every letter."""


def folded(text: str) -> str:
    """Lower case without accents: `Œdème` is `oedeme`."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_SPELLED))
    return "".join(char for char in plain if not unicodedata.combining(char))


def words_in(text: str) -> Iterator[str]:
    """The folded words of a text, in order."""
    return (found[0][:LONGEST] for found in _WORD.finditer(folded(text)))


class Query(Struct, frozen=True, kw_only=True):
    """What is searched: every one of `words` must begin a word of the message."""

    words: tuple[str, ...]

    @property
    def driver(self) -> str:
        """The word that messages are looked up by: the longest tells most."""
        return max(self.words, key=len)

    @property
    def told_by_tokens(self) -> bool:
        """Whether a message that has one of the tokens asked for is found, whatever its other words."""
        return len(self.words) == 1 and len(self.driver) <= STEM

    def fits(self, kept: str | None) -> bool:
        """Whether a message with these words, as `kept_words` writes them, is found; its tokens may tell alone."""
        return self.told_by_tokens if kept is None else all(f" {word}" in kept for word in self.words)

    def begins(self, word: str) -> bool:
        """Whether a word of a text, not folded yet, is one of those found."""
        plain = folded(word)
        return any(plain.startswith(asked) for asked in self.words)


def read_query(text: str) -> Query | None:
    """What was typed as a query; None when there is no word in it that can be searched for."""
    found = dict.fromkeys(word for word in words_in(text[:500]) if len(word) > 1)
    telling = [word for word in found if word not in GRAMMAR]
    return Query(words=tuple(telling[:MOST_ASKED])) if telling else None


def kept_words(message: Message) -> str:
    """The words by which a message is found, each with a space in front."""
    parties = (message.sender, *message.recipients) if message.kind == "reply" else (message.sender,)
    names = (*(party.name for party in parties), *(file.filename for file in message.files[:MOST_FILES]))
    texts = (message.subject, *names, message.text)
    found: dict[str, None] = {}
    for word in (word for text in texts for word in words_in(text)):
        if len(word) > 1 and word not in GRAMMAR:
            found[word] = None
            if len(found) == MOST_WORDS:
                break
    return "".join(f" {word}" for word in found)


def tokens_of(patient_id: str, volume: int, kept: str) -> list[str]:
    """What the index holds of a message with these words."""
    front = _front(patient_id, volume)
    return [front + stem for stem in dict.fromkeys(word[:STEM] for word in kept.split())]


def asked_tokens(patient_id: str, volumes: Iterable[int], word: str) -> list[str]:
    """The tokens that messages of these volumes with a word beginning so have one of."""
    stems = [word[:STEM]] if len(word) >= STEM or len(word) < STEM - 1 else [word, *(word + c for c in _LETTERS)]
    return [_front(patient_id, volume) + stem for volume in volumes for stem in stems]


def _front(patient_id: str, volume: int) -> str:
    return f"{sha256(patient_id.encode()).hexdigest()[:10]}.{volume}."


def volume_of(letters: int) -> int:
    """The volume of a message that comes when the mailbox has had that many letters."""
    return letters // LETTERS_A_VOLUME


class Piece(Struct, frozen=True):
    """Text of a result, marked if it is what was searched for."""

    text: str
    marked: bool = False


def marked(text: str, query: Query) -> list[Piece]:
    """A text in pieces, the words that were found marked."""
    pieces: list[Piece] = []
    at = 0
    for found in _WORD.finditer(text):
        if query.begins(found[0]):
            pieces += [Piece(text[at : found.start()]), Piece(found[0], marked=True)]
            at = found.end()
    return [piece for piece in (*pieces, Piece(text[at:])) if piece.text]


def excerpt(text: str, query: Query) -> list[Piece]:
    """What stands around the first word found in a body, on one line; its beginning when none is."""
    line = " ".join(text.split())
    first = next((found for found in _WORD.finditer(line) if query.begins(found[0])), None)
    start = max(0, first.start() - EXCERPT) if first else 0
    end = min(len(line), (first.end() if first else 0) + EXCERPT)
    while 0 < start < len(line) and line[start - 1] != " ":
        start -= 1
    while end < len(line) and line[end] != " ":
        end += 1
    cut = ("… " if start else "") + line[start:end] + (" …" if end < len(line) else "")
    return marked(cut, query)
