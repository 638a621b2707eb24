"""The patient's copy of a letter as received shows no other patient's address in its header block."""

import re
from collections.abc import Iterator
from email.utils import formataddr, getaddresses

from messaging.letters.charsets import text_of
from messaging.letters.headers import decoded
from messaging.letters.senders import MOST_HEADER_BYTES

MASKED = "patient masqué"
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
    if not block or len(block) > MOST_HEADER_BYTES or not all(_FIELD.fullmatch(text_of(line)) for line in lines):
        return b""
    mask = _Mask(own_address.lower(), patient_domain.lower())
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


class _Mask:
    def __init__(self, own: str, domain: str) -> None:
        self._own = own
        self._domain_part = re.compile("@" + re.escape(domain) + r"(?![\w.-]*\w)", re.IGNORECASE)

    def field(self, line: bytes) -> bytes:
        """One field, untouched unless another patient's address is in it, encoded or not."""
        text = text_of(line)
        value = decoded(re.sub(r"\r?\n", "", text))
        if not self._reveals(text) and not self._reveals(value):
            return line
        name, _, content = value.partition(":")
        masked = self._addresses(content) if _ADDRESS_FIELDS.fullmatch(name.strip()) else self._plain(content)
        return f"{name}: {masked.strip()}\r\n".encode()

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
        for name, address in getaddresses([content]):
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
