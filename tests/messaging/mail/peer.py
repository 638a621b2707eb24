"""A mail server on a socket file that answers what it is told to, and the certificates it may show."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ALL = ("PIPELINING", "SIZE 30000000", "DSN", "8BITMIME", "SMTPUTF8")
CUT = "cut"
"""Instead of an answer: the connection is closed."""
SILENT = "silent"
"""Instead of an answer: none, until the other side closes the connection."""


@dataclass
class Taken:
    """A message that was answered 250, or whose bytes came whole before the connection was cut."""

    mail: str
    recipients: list[str]
    content: bytes


@dataclass
class Peer:
    """`answers` are by verb, or by verb and a part of its argument: `RCPT`, `RCPT marie`.

    `.` is the one to the message, `TLS` what is said in place of a handshake.
    """

    path: Path
    offers: tuple[str, ...] = ALL
    tls: ssl.SSLContext | None = None
    greeting: str = "220 peer ESMTP"
    answers: dict[str, str] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    slow: asyncio.Event | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await _Session(self, reader, writer).run()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            self.at_once -= 1
            writer.close()

    def answer(self, verb: str, argument: str, usual: str) -> str:
        for known, answer in self.answers.items():
            wanted, _, part = known.partition(" ")
            if wanted == verb and part in argument:
                return answer
        return usual


class _Session:
    def __init__(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peer, self.reader, self.writer = peer, reader, writer
        self.mail, self.recipients = "", list[str]()
        self.secured = False

    async def say(self, answer: str) -> None:
        if answer == CUT:
            raise ConnectionError
        if answer == SILENT:
            await self.reader.read()
            raise ConnectionError
        self.writer.write(answer.encode() + b"\r\n")
        await self.writer.drain()

    async def run(self) -> None:
        await self.say(self.peer.greeting)
        while line := await self.reader.readline():
            text = line.decode().rstrip("\r\n")
            self.peer.said.append(text)
            verb, _, argument = text.partition(" ")
            await self.command(verb.upper(), argument)

    async def command(self, verb: str, argument: str) -> None:
        if verb == "EHLO":
            offers = [*self.peer.offers, *(["STARTTLS"] if self.peer.tls and not self.secured else [])]
            await self.say("\r\n".join([*(f"250-{offer}" for offer in ("peer", *offers)), "250 HELP"]))
        elif verb == "STARTTLS":
            await self.secure()
        elif verb == "DATA":
            await self.data()
        elif verb == "QUIT":
            await self.say("221 bye")
            raise ConnectionError
        else:
            answer = self.peer.answer(verb, argument, "250 2.0.0 OK")
            if verb == "MAIL":
                self.mail, self.recipients = argument, []
            if verb == "RCPT" and answer.startswith("2"):
                self.recipients.append(argument)
            await self.say(answer)

    async def secure(self) -> None:
        assert self.peer.tls
        answer = self.peer.answer("STARTTLS", "", "220 go on")
        await self.say(answer)
        if not answer.startswith("220"):
            return
        if instead := self.peer.answer("TLS", "", ""):
            await self.reader.read(1)  # what comes before the client's hello is thrown away
            await self.say(instead)
            await self.say(SILENT)
        await self.writer.start_tls(self.peer.tls)
        self.secured = True

    async def data(self) -> None:
        answer = self.peer.answer("DATA", "", "354 go on")
        await self.say(answer)
        if not answer.startswith("354"):
            return
        content = await self.reader.readuntil(b"\r\n.\r\n")
        if self.peer.slow:
            await self.peer.slow.wait()
        answer = self.peer.answer(".", "", "250 2.0.0 taken")
        if answer.startswith("250") or answer == CUT:
            plain = content[:-3].replace(b"\r\n..", b"\r\n.")
            self.peer.taken.append(Taken(self.mail, self.recipients, plain[1:] if plain[:2] == b".." else plain))
        await self.say(answer)


@asynccontextmanager
async def listening(peer: Peer) -> AsyncIterator[Peer]:
    server = await asyncio.start_unix_server(peer.serve, peer.path, limit=40_000_000)
    try:
        yield peer
    finally:
        server.close()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS with a certificate for `name`, and the file of the authority that signed it: itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    chain, private = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    return context, chain
