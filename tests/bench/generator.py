"""The load, in a process of its own: letters over kept connections, as fast as they are taken or at a rate.

`-m tests.bench.generator` reads an `Order` in JSON from its standard input and prints a `Sent`.
"""

import asyncio
import resource
import sys
import time

import msgspec
import uvloop

from tests.bench.letters import SENDER, SIZE, Mould


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to send. `rate` is letters a second, 0 for as fast as possible; `plain` is the floor's protocol:
    the length in a line, then the letter.
    """

    port: int
    recipients: list[str]
    letters: int
    connections: int = 8
    rate: float = 0.0
    size: int = SIZE
    plain: bool = False


class One(msgspec.Struct, frozen=True, kw_only=True):
    """One letter: when it was due, when it was answered (seconds of the wall clock), and the answer."""

    due: float
    answered: float
    answer: str


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """All letters, how long they took together, and the processor time that sending them took."""

    letters: list[One]
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Letters a second."""
        return len(self.letters) / self.seconds


class Refused(RuntimeError):
    """The door did not take a letter; its answer."""


class Connection:
    """A client's side, either SMTP or the floor's plain protocol."""

    def __init__(self, order: Order) -> None:
        self._order = order

    async def open(self) -> None:
        """Connect, and in SMTP say hello."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._order.port)
        if not self._order.plain:
            await self._expect(b"220")
            await self._say(b"EHLO bench.hopital.mssante.fr", b"250")

    async def send(self, recipient: str, letter: bytes) -> str:
        """Hand over one letter; what was answered to it."""
        if self._order.plain:
            self._writer.writelines((b"%d\r\n" % len(letter), letter))
            return await self._expect(b"250")
        await self._say(b"MAIL FROM:<%s> SIZE=%d" % (SENDER.address.encode(), len(letter)), b"250")
        await self._say(b"RCPT TO:<%s>" % recipient.encode(), b"250")
        await self._say(b"DATA", b"354")
        self._writer.writelines((letter, b".\r\n"))
        return await self._expect(b"250")

    async def _say(self, line: bytes, code: bytes) -> str:
        self._writer.write(line + b"\r\n")
        return await self._expect(code)

    async def _expect(self, code: bytes) -> str:
        while True:
            line = await self._reader.readline()
            if not line.startswith(code):
                raise Refused(line.decode(errors="replace"))
            if line[3:4] != b"-":
                return line.decode().strip()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


class Sending:
    """Carries out one order."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._moulds = {recipient: Mould.of(recipient, order.size) for recipient in set(order.recipients)}
        self._numbers = iter(range(order.letters))
        self._done: list[One] = []

    async def all(self) -> Sent:
        """Send everything."""
        connections = [Connection(self._order) for _ in range(self._order.connections)]
        await asyncio.gather(*(connection.open() for connection in connections))
        began, cpu, self._began = time.monotonic(), _cpu(), time.time()
        await asyncio.gather(*(self._work(connection) for connection in connections))
        return Sent(letters=self._done, seconds=time.monotonic() - began, cpu=_cpu() - cpu)

    async def _work(self, connection: Connection) -> None:
        for number in self._numbers:
            due = await self._due(number)
            recipient = self._order.recipients[number % len(self._order.recipients)]
            mark = f"{time.time_ns():020d}{number:012d}"
            answer = await connection.send(recipient, self._moulds[recipient].cast(mark))
            self._done.append(One(due=due, answered=time.time(), answer=answer))
        connection.close()

    async def _due(self, number: int) -> float:
        """When this letter should leave; being late with it counts as its waiting, not as less load."""
        if not self._order.rate:
            return time.time()
        due = self._began + number / self._order.rate
        await asyncio.sleep(max(0.0, due - time.time()))
        return due


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(Sending(wanted).all())))
