"""Parsing without reading files line by line: long runs of base64 are set aside, and put back into the parts.

No line of such a run can be a header or a boundary, so that one line in its place gives the same parts.
"""

import re
import secrets
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from messaging.letters.policy import BOUNDED, is_tangled

SHORTEST_RUN = 8 * 1024
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n"
_BLANK = re.compile(rb"\n(?:\r?\n)+")
"""All of the blank lines there: in a message within a message another one ends headers that are not there, and in
a report each ends a block."""
_MARK_BYTES = 24


class Tangled(ValueError):
    """Parsing might take minutes, or more room than there is: very many lines within very many multiparts, or
    messages within messages beyond any number."""


def parsed(raw: bytes) -> "Message[str, str]":
    """The MIME tree of a letter, as the standard parser gives it. Raises `Tangled`."""
    mark = secrets.token_hex(_MARK_BYTES)
    runs: dict[str, str] = {}
    bare = b"".join(_without_runs(raw, mark, runs))
    if is_tangled(bare):
        raise Tangled
    try:
        message = message_from_bytes(bare, policy=BOUNDED)
    except RecursionError as error:
        raise Tangled from error
    if runs:
        _put_back(message, re.compile(rf"{mark}x[0-9]+\r?\n"), runs)
    return message


def _without_runs(raw: bytes, mark: str, runs: dict[str, str]) -> Iterator[bytes]:
    """The letter's bytes, each run replaced by a line that names it."""
    done = 0
    for start, end in _between_boundaries(raw):
        found = _BLANK.search(raw, start, end)
        if found is None:
            continue
        # the last line stays, also of a letter that breaks off: whose its line end is, is the parser's business
        blank = _BLANK.search(raw, found.end(), end)
        first, last = found.end(), raw.rfind(b"\n", found.end(), blank.start() if blank else end - 1) + 1
        if last - first < SHORTEST_RUN or raw[first:last].translate(None, _BASE64):
            continue
        line = f"{mark}x{len(runs)}\r\n"
        runs[line] = raw[first:last].decode("ascii")
        yield raw[done:first]
        yield line.encode()
        done = last
    yield raw[done:]


def _between_boundaries(raw: bytes) -> Iterator[tuple[int, int]]:
    """Stretches long enough for a run, in which no line begins like a boundary."""
    start = 0
    while start < len(raw):
        end = raw.find(b"\n--", start)
        end = len(raw) if end < 0 else end
        if end - start > SHORTEST_RUN:
            yield start, end
        start = end + 1


def _put_back(message: "Message[str, str]", marks: re.Pattern[str], runs: dict[str, str]) -> None:
    def whole(text: str) -> str:
        return marks.sub(lambda found: runs[found.group()], text)

    for part in message.walk():
        payload = part.get_payload()
        if isinstance(payload, str):
            part.set_payload(whole(payload))
        part.preamble = whole(part.preamble) if part.preamble else part.preamble
        part.epilogue = whole(part.epilogue) if part.epilogue else part.epilogue
