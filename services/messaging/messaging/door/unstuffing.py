"""A letter's bytes out of SMTP's DATA, in blocks: dots un-stuffed, ended by CRLF.CRLF alone (RFC 5321 §4.5.2)."""

_END = b"\r\n.\r\n"


class Unstuffing:
    """Feed blocks as they arrive; each returns the letter's bytes in it. Holds four bytes at most.

    Once `ended`, `surplus` are bytes that followed the end: the client's next commands.
    """

    def __init__(self) -> None:
        self.ended = False
        self.surplus = b""
        self._kept = b"\r\n"
        self._before_first = True

    def feed(self, block: bytes) -> bytes:
        """The letter's bytes in this block and what was kept of the one before."""
        data = self._kept + block
        end = data.find(_END)
        if end >= 0:
            self.ended, self.surplus = True, data[end + len(_END) :]
            return self._letter(data[: end + 2])
        kept = _overlap(data)
        self._kept = data[len(data) - kept :]
        return self._letter(data[: len(data) - kept])

    def _letter(self, data: bytes) -> bytes:
        plain = data.replace(b"\r\n.", b"\r\n")
        if self._before_first and plain:
            # the line end that was put before the first byte, so that a first line may be stuffed too
            self._before_first = False
            return plain[2:]
        return plain


def _overlap(data: bytes) -> int:
    """How many bytes at the end could begin the end mark."""
    for length in range(min(4, len(data)), 0, -1):
        if data.endswith(_END[:length]):
            return length
    return 0
