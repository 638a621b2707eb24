"""The SHA-256 by which a repeated letter is told: without the trace headers in front (RFC 5321 §4.4)."""

import hashlib

_TRACE = (b"received:", b"return-path:")
_LONGEST_LINE = 16 * 1024
_FIELD_START = 16


class ContentHash:
    """Feed the letter in blocks. `hexdigest` leaves out `Received` and `Return-Path` fields at its beginning."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._front: bytes | None = b""
        self._in_trace = False

    def feed(self, block: bytes) -> None:
        """Take the next bytes of the letter."""
        if self._front is None:
            self._digest.update(block)
            return
        self._front += block
        self._skip_trace()

    def _skip_trace(self) -> None:
        assert self._front is not None
        front, start = self._front, 0
        while (end := front.find(b"\n", start)) >= 0 or len(front) - start > _LONGEST_LINE:
            if not self._is_trace(front[start : start + _FIELD_START]):
                self._front = front[start:]
                self._begin()
                return
            self._in_trace = True
            start = end + 1 if end >= 0 else len(front)
        inside_a_line = 0 < start == len(front) and not front.endswith(b"\n")
        self._front = b" " if inside_a_line else front[start:]

    def _is_trace(self, line: bytes) -> bool:
        if line[:1] in (b" ", b"\t"):
            return self._in_trace
        return line[:_FIELD_START].lower().startswith(_TRACE)

    def _begin(self) -> None:
        assert self._front is not None
        self._digest.update(self._front)
        self._front = None

    def hexdigest(self) -> str:
        """The digest of what was fed."""
        if self._front is not None and not self._is_trace(self._front):
            self._begin()
        return self._digest.hexdigest()
