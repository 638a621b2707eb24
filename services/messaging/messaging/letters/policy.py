"""How letters are parsed: the standard way, bounded where its time is not in proportion to the input."""

import re
from email.policy import Compat32

LONGEST_CONTENT_FIELD = 8 * 1024
"""Characters of a `Content-…` field: the standard parser of parameters is quadratic in them."""
MOST_LINE_TESTS = 20_000_000
"""Each line is compared with each boundary it may end: at most these, some ten seconds of a thread."""


class Bounded(Compat32):
    """`compat32`, with `Content-…` fields cut at 8 KiB."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """The field's name and value."""
        name, value = super().header_source_parse(sourcelines)
        cut = LONGEST_CONTENT_FIELD if name.lower().startswith("content-") else None
        return name, value[:cut]


class Verbatim(Compat32):
    """Header fields are written out as they came: folding them anew is quadratic in their words."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """The field, its lines as they were, ended by the policy's line end."""
        lines = _LINE_END.split(f"{name}: {value}")
        return "".join(f"{line}{self.linesep}" for line in lines).encode("utf-8", "surrogateescape")


_LINE_END = re.compile(r"\r\n|\r|\n")
BOUNDED = Bounded()
VERBATIM = Verbatim()


def is_tangled(raw: bytes) -> bool:
    """Whether parsing might take minutes: very many lines within very many multiparts."""
    return raw.lower().count(b"boundary") * raw.count(b"\n") > MOST_LINE_TESTS
