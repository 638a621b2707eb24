"""The patient's copy of a letter as received shows no other patient's address in its header block."""

import re
from collections.abc import Iterator
from copy import copy
from email.utils import formataddr, getaddresses

from messaging.letters.charsets import text_of
from messaging.letters.headers import decoded
from messaging.letters.senders import MOST_HEADER_BYTES

MASKED = "patient masqué"
MOST_GUESSED = 300
"""Times in one letter that text in no known encoding is guessed at, 2 ms of processor each."""
_ADDRESS_FIELDS = re.compile(
    r"(?i)(?:resent-)?(?:to|cc|bcc|from|sender|reply-to)|delivered-to|x-original-to|envelope-to"
)
_BEFORE_ADDRESS = frozenset('<>,;:"()[]@=')
_FIELD = re.compile(r"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)


def masked_header(block: bytes, own_address: str, patient_domain: str) -> bytes:
    """A letter's header block with every other patient's address in it replaced by `patient masqué`.

    One that can't be told apart into fields, or passes 64 KiB, is withheld: nothing is given of it.
    """
    lines = list(_unfolded(block))
    if (
        not block
        or len(block) > MOST_HEADER_BYTES
        or not all(_FIELD.fullmatch(line.decode("latin-1")) for line in lines)
    ):
        return b""
    mask = Mask(own_address, patient_domain)
    return b"".join(mask.field(line) for line in lines) + b"\r\n"


def _unfolded(block: bytes) -> Iterator[bytes]:
    """The header fields of a block, each with its continuation lines and line ends."""
    current = b""
    for line in block.splitlines(keepends=True):
        if not line.strip(b"\r\n"):
            continue
        if line[:1] in b" \t" and current:
            current += line
            continue
        if current:
            yield current
        current = line
    if current:
        yield current


def _ends_before(char: str) -> bool:
    return char.isspace() or char in _BEFORE_ADDRESS


class Mask:
    """Hides the addresses of all patients but `own` in header fields."""

    def __init__(self, own: str, domain: str) -> None:
        self._own = own.lower()
        self._guesses = MOST_GUESSED
        self._domain_part = re.compile("@" + re.escape(domain) + r"(?![\w.-]*\w)", re.IGNORECASE)
        self._may_reveal = re.compile(rb"=\?|@" + re.escape(domain.encode()), re.IGNORECASE)

    def anew(self) -> "Mask":
        """The same for another reading, with all its guesses: each must give the same bytes."""
        other = copy(self)
        other._guesses = MOST_GUESSED
        return other

    def field(self, line: bytes) -> bytes:
        """One field, untouched unless another patient's address is in it, encoded or not."""
        return self._field(line, self._text(line))

    def _field(self, line: bytes, text: str) -> bytes:
        value = decoded(re.sub(r"\r?\n", "", text), self._text)
        if not self._reveals(text) and not self._reveals(value):
            return line
        name, _, content = value.partition(":")
        masked = self._addresses(content) if _ADDRESS_FIELDS.fullmatch(name.strip()) else self._plain(content)
        return f"{name}: {masked.strip()}\r\n".encode()

    def may_reveal(self, block: bytes) -> bool:
        """Whether there may be patients' addresses in it, encoded or not."""
        return self._may_reveal.search(block) is not None

    def in_place(self, line: bytes) -> bytes:
        """One field in as many bytes as it had: blanks follow what is masked, and stand for what can't be."""
        text = self._text(line)
        masked = self._field(line, text) if _FIELD.fullmatch(text) else self._plain(text).encode()
        if masked is line:
            return line
        content, shown = line.rstrip(b"\r\n"), masked.rstrip(b"\r\n")
        if len(shown) > len(content) or self._reveals(shown.decode()):
            shown = b""
        return shown.ljust(len(content)) + line[len(content) :]

    def _text(self, raw: bytes) -> str:
        """As `text_of`; after many guesses byte by byte, where a patient's address can be read all the same."""
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self._guesses -= 1
            return text_of(raw) if self._guesses >= 0 else raw.decode("latin-1")

    def _reveals(self, text: str) -> bool:
        return any(True for _ in self._others(text))

    def _others(self, text: str) -> Iterator[tuple[int, int]]:
        """Where other patients' addresses stand. Looked for from their domain backwards, each character once."""
        free_from = 0
        for found in self._domain_part.finditer(text):
            start = found.start()
            while start > free_from and not _ends_before(text[start - 1]):
                start -= 1
            free_from = found.end()
            if start < found.start() and text[start : found.end()].lower() != self._own:
                yield start, found.end()

    def _plain(self, content: str) -> str:
        shown, kept_from = [], 0
        for start, end in self._others(content):
            shown += [content[kept_from:start], MASKED]
            kept_from = end
        return "".join((*shown, content[kept_from:]))

    def _addresses(self, content: str) -> str:
        """Masked with the names beside them, which are other patients' names."""
        shown = []
        try:
            entries = getaddresses([content])
        except (ValueError, IndexError, RecursionError):
            return self._plain(content)
        for name, address in entries:
            hidden = self._reveals(address) or self._reveals(name)
            shown.append(MASKED if hidden else _entry(name, address))
        return self._plain(", ".join(entry for entry in shown if entry))


def _entry(name: str, address: str) -> str:
    """An entry of an address field; an address beyond ASCII is no reason to withhold a letter."""
    if not address:
        return name
    try:
        return formataddr((name, address))
    except UnicodeError:
        return f'"{name}" <{address}>' if name else address
