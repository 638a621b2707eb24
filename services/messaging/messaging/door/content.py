"""The SHA-256 by which a repeated letter is told: without the trace headers in front (RFC 5321 §4.4)."""

import hashlib

_TRACE = (b"received:", b"return-path:")
_LONGEST_LINE = 16 * 1024


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
        while (end := self._front.find(b"\n")) >= 0 or len(self._front) > _LONGEST_LINE:
            if not self._is_trace(self._front):
                self._begin()
                return
            self._in_trace = True
            self._front = self._front[end + 1 :] if end >= 0 else b" "

    def _is_trace(self, line: bytes) -> bool:
        if line[:1] in (b" ", b"\t"):
            return self._in_trace
        return line[:16].lower().startswith(_TRACE)

    def _begin(self) -> None:
        assert self._front is not None
        self._digest.update(self._front)
        self._front = None

    def hexdigest(self) -> str:
        """The digest of what was fed."""
        if self._front is not None and not self._is_trace(self._front):
            self._begin()
        return self._digest.hexdigest()
