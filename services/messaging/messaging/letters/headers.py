"""Header fields as text: 8-bit ones without encoding, encoded words, wrong labels, all made readable.

Everything here takes time in proportion to the field's length: a header is a stranger's.
"""

import re
from collections.abc import Callable, Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from messaging.domain.addresses import is_address, normal
from messaging.domain.letter import Mailer
from messaging.letters.charsets import codec_of, text_of, whole

LONGEST_FIELD = 64 * 1024
MOST_REFERENCES = 64
_FOLD = re.compile(r"\r?\n[ \t]|\r|\n")
_WORD = r"=\?[^?\s]{1,60}\?[bqBQ]\?[^?]*(?:\?(?!=)[^?]*){0,4}\?="
_WORDS = re.compile(rf"{_WORD}(?:\s+{_WORD})*")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")


def fields(message: "Message[str, str]", name: str) -> Iterator[str]:
    """The unfolded values of a header field, in their order, encoded words left as they are."""
    for found, value in message.raw_items():
        if found.lower() == name:
            raw = str(value)[:LONGEST_FIELD].encode("utf-8", "surrogateescape")
            yield _FOLD.sub(" ", text_of(raw)).replace("\0", "").strip()


def field(message: "Message[str, str]", name: str) -> str:
    """The first value of a header field, or nothing."""
    return next(fields(message, name), "")


def decoded(value: str, guess: Callable[[bytes], str] = text_of) -> str:
    """A value with its encoded words (RFC 2047) read; what cannot be read stays as it is.

    `guess` makes text of what is not in the encoding that it names.
    """
    return _WORDS.sub(lambda found: _words(found.group(), guess), value) if "=?" in value else value


def _words(run: str, guess: Callable[[bytes], str]) -> str:
    """Encoded words with only white space between them, which belongs to none."""
    try:
        return whole("".join(_word(chunk, charset, guess) for chunk, charset in decode_header(run)))
    except (HeaderParseError, ValueError, LookupError):
        return run


def _word(chunk: bytes | str, charset: str | None, guess: Callable[[bytes], str]) -> str:
    if isinstance(chunk, str):
        return chunk
    try:
        return chunk.decode(codec_of(charset or "") or "utf-8")
    except ValueError:
        return guess(chunk)


def mailers(values: Iterator[str] | list[str]) -> list[Mailer]:
    """The names and addresses in address fields; what is no address is left out."""
    return [
        Mailer(decoded(name), normal(address))
        for name, address in _pairs(list(values))
        if is_address(normal(address))
    ]


def _pairs(values: list[str]) -> list[tuple[str, str]]:
    try:
        return getaddresses(values)
    except (ValueError, IndexError, RecursionError):
        return []


def message_ids(values: Iterator[str] | list[str]) -> tuple[str, ...]:
    """The Message-IDs in fields like `References`, each once; of very many the first and the last are kept."""
    found = list(dict.fromkeys(_MESSAGE_ID.findall(" ".join(values))))
    return tuple(found[:1] + found[1 - MOST_REFERENCES :] if len(found) > MOST_REFERENCES else found)
