"""An SMTP server in a process of its own that greets at once, takes everything and notes when.

`-m tests.bench.sink FILE` prints its port, and writes a line a mail into FILE: instant and envelope sender.
"""

import asyncio
import sys
import time
from typing import Any, TextIO

import uvloop

_END = b"\r\n.\r\n"


class Taking(asyncio.Protocol):
    """One connection. Only what a well-behaved client sends is understood."""

    def __init__(self, notes: TextIO) -> None:
        self._notes = notes
        self._buffer = b""
        self._sender = ""
        self._in_data = False

    def connection_made(self, transport: Any) -> None:
        """Greet at once."""
        self._transport = transport
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer each command, and each mail at its end mark."""
        self._buffer += data
        while self._buffer and (self._mail() if self._in_data else self._command()):
            continue

    def _mail(self) -> bool:
        found = self._buffer.find(_END)
        if found < 0:
            self._buffer = self._buffer[-4:]
            return False
        self._buffer = self._buffer[found + len(_END) :]
        self._in_data = False
        self._notes.write(f"{time.time():.6f} {self._sender}\n")
        self._notes.flush()
        self._transport.write(b"250 2.0.0 taken\r\n")
        return True

    def _command(self) -> bool:
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            return False
        self._buffer = rest
        self._transport.write(self._answer(line))
        return True

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
        if verb == b"MAIL":
            self._sender = line.partition(b"<")[2].partition(b">")[0].decode(errors="replace")
        if verb == b"DATA":
            self._in_data = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            self._transport.close()
            return b"221 bye\r\n"
        return b"250 OK\r\n"


async def serve(notes: TextIO) -> None:
    """Take mail until ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Taking(notes), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 read by who started us
    await server.serve_forever()


if __name__ == "__main__":
    with open(sys.argv[1], "a", encoding="ascii") as opened:  # noqa: PTH123
        uvloop.run(serve(opened))
