"""The patient's copy of a letter as received: no other patient's address in its header block."""

import re
from collections.abc import Iterator
from email.utils import formataddr, getaddresses

from messaging.letters.headers import decoded, text_of
from messaging.letters.senders import header_end

MASKED = "patient masqué"
_ADDRESS_FIELDS = re.compile(
    r"(?i)(?:resent-)?(?:to|cc|bcc|from|sender|reply-to)|delivered-to|x-original-to|envelope-to"
)
_FIELD = re.compile(r"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)


def patient_copy(raw: bytes, own_address: str, patient_domain: str) -> bytes:
    """The letter with every other patient's address in its header block replaced by `patient masqué`.

    A header block that can't be delimited is withheld and the body given alone.
    """
    end = header_end(raw)
    if end < 0:
        return b""
    lines = list(_unfolded(raw[:end]))
    if not all(_FIELD.fullmatch(text_of(line)) for line in lines):
        return raw[end:]
    mask = _Mask(own_address.lower(), patient_domain.lower())
    return b"".join(mask.field(line) for line in lines) + b"\r\n" + raw[end:]


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


class _Mask:
    def __init__(self, own: str, domain: str) -> None:
        self._own = own
        self._domain = domain
        self._pattern = re.compile(r"[^\s<>,;:\"()\[\]@=]+@" + re.escape(domain) + r"(?![\w.-]*\w)", re.IGNORECASE)

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
        return any(not self._is_own(found.group()) for found in self._pattern.finditer(text))

    def _is_own(self, address: str) -> bool:
        return address.lower() == self._own

    def _plain(self, content: str) -> str:
        return self._pattern.sub(lambda found: found.group() if self._is_own(found.group()) else MASKED, content)

    def _addresses(self, content: str) -> str:
        """Masked with the names beside them, which are other patients' names."""
        shown = []
        for name, address in getaddresses([content]):
            hidden = self._reveals(address) or self._reveals(name)
            shown.append(MASKED if hidden else formataddr((name, address)) if address else name)
        return self._plain(", ".join(entry for entry in shown if entry))
