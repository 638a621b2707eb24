"""SMTP byte by byte, for what no library would send."""

import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Self

ANSWER_WITHIN = 30.0


class Wire:
    """One connection to the door."""

    def __init__(self, port: int, *, greeted: bool = True) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_WITHIN)
        self._read = self._socket.makefile("rb")
        if greeted:
            assert self.hear().startswith("220")
            assert self.say("EHLO probe.example").startswith("250")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._read.close()
        self._socket.close()

    def send(self, raw: bytes) -> None:
        """These bytes, without waiting for an answer."""
        self._socket.sendall(raw)

    def hear(self) -> str:
        """The next reply, all its lines; empty once the door has hung up."""
        lines = []
        while line := self._read.readline():
            lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
            if line[3:4] != b"-":
                break
        return "\n".join(lines)

    def say(self, command: str | bytes) -> str:
        """One command and its reply."""
        self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return self.hear()

    def envelope(self, sender: str, recipients: Iterable[str]) -> None:
        """MAIL and RCPT, all taken."""
        assert self.say(f"MAIL FROM:<{sender}>").startswith("250")
        for recipient in recipients:
            assert self.say(f"RCPT TO:<{recipient}>").startswith("250")

    def data(self, content: bytes) -> str:
        """DATA with these bytes and a line end, dots stuffed, then the end mark; the reply."""
        assert self.say("DATA").startswith("354")
        self.send(content.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
        return self.hear()

    def cut(self) -> None:
        """Hang up in the middle of whatever it is."""
        self._socket.shutdown(socket.SHUT_RDWR)
