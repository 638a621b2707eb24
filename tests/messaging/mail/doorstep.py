"""A door on a socket file, what is behind it, and who speaks to it command by command."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

from chassis.clock import now
from chassis.errors import BackingServiceAway
from chassis.ids import new_id
from chassis.objects import StoredObject
from contracts.messaging import LetterTaken, NoticeReturnTaken
from messaging.domain.model import Patient
from messaging.domain.operators import MailOperator, MailOperators
from messaging.door.arrivals import Arrivals
from messaging.door.house import House as HouseAddresses
from messaging.door.meter import Meter, Volume
from messaging.door.pace import Patience
from messaging.door.recipients import Recipients
from messaging.door.room import Capacity, Room
from messaging.door.rules import Manners, Rules
from messaging.door.scanning import NoScanner, Scanner
from messaging.door.session import DoorSession
from messaging.door.taking import Taking
from messaging.door.tls import DoorTls
from tests.certificates import Authority

PATIENT_DOMAIN = "patient.mssante.fr"
OPERATORS = MailOperators.of(
    MailOperator("CHU", frozenset({"smtp.chu.mssante.fr"}), frozenset({"chu.mssante.fr"})),
    MailOperator("Labo", frozenset({"smtp.labo.mssante.fr"}), frozenset({"labo.mssante.fr"})),
    MailOperator("Relais", frozenset({"relais.example"})),
)
INAYA = "288056938312340@patient.mssante.fr"
PAUL = "175027511500443@patient.mssante.fr"
UNKNOWN = "199019999900110@patient.mssante.fr"
HEAD = b"From: Christelle <christelle@chu.mssante.fr>\r\nSubject: x\r\n"


class Directory:
    """Two patients, and a store that can be away."""

    def __init__(self) -> None:
        self.patients = {INAYA: patient(INAYA), PAUL: patient(PAUL)}
        self.caught_up: datetime | None = now() + timedelta(hours=1)
        self.away = False
        self.asked = 0

    async def patient_at(self, address: str) -> Patient | None:
        self.asked += 1
        if self.away:
            raise BackingServiceAway("store")
        return self.patients.get(address)

    async def caught_up_at(self, topic: str) -> datetime | None:
        return self.caught_up


def patient(address: str, status: str = "active") -> Patient:
    return Patient(
        id=new_id(),
        revision=1,
        status=status,
        given_name="I",
        family_name="M",
        ins=address[:15],
        mailbox_address=address,
    )


class Bucket:
    """Objects in memory; nothing is kept of an upload that was cut."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.away = self.hangs = self.copies_nothing = False

    async def ping(self) -> None:
        if self.hangs:
            await asyncio.sleep(60)

    async def put(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> StoredObject:
        if self.away:
            raise BackingServiceAway("objects")
        data = b"".join([chunk async for chunk in chunks])
        if self.hangs:
            await asyncio.sleep(60)
        self.kept[key] = data
        return StoredObject(key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest())

    async def copy(self, source_key: str, target_key: str) -> None:
        if self.copies_nothing:
            raise BackingServiceAway("objects")
        self.kept[target_key] = self.kept[source_key]


class Log:
    """The intake log in memory."""

    def __init__(self) -> None:
        self.records: list[LetterTaken | NoticeReturnTaken] = []
        self.away = False

    async def append(self, letters: list[LetterTaken | NoticeReturnTaken]) -> None:
        if self.away and letters:
            raise BackingServiceAway("bus")
        self.records += letters


class Client:
    """A sender, command by command."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def reply(self) -> str:
        lines = []
        while line := (await self._reader.readline()).decode():
            lines.append(line.rstrip())
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    async def say(self, line: bytes) -> str:
        self.writer.write(line + b"\r\n")
        return await self.reply()

    async def begin(self, *recipients: str) -> str:
        await self.say(b"EHLO sender")
        await self.say(b"MAIL FROM:<christelle@chu.mssante.fr>")
        for recipient in recipients or (INAYA,):
            await self.say(b"RCPT TO:<%s>" % recipient.encode())
        return await self.say(b"DATA")

    async def send(self, letter: bytes, *recipients: str) -> str:
        await self.begin(*recipients)
        return await self.say(letter + b"\r\n.")


class House:
    """A door on a socket file, with what is behind it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.directory, self.bucket, self.log = Directory(), Bucket(), Log()
        self.sessions: set[DoorSession] = set()
        self.stopping = False
        self.clock = now()
        self.capacity = Capacity(connections=5, connections_per_peer=5, letters=4, letters_per_peer=4, wait=0.2)
        self.manners = Manners(200, 60.0, 10.0, 50, 100, Patience(idle=5.0, letter=10.0, least_rate=1000.0))
        self.connections_a_minute = 1_000
        self.volume, self.seconds = Volume(1_000_000_000, 1_000_000_000), 0.0
        self.scanner: Scanner = NoScanner()
        self.tls: DoorTls | None = None
        self.operators: Callable[[], MailOperators] = lambda: OPERATORS
        self.clients: list[Client] = []

    async def open(self) -> None:
        recipients = Recipients(self.directory, PATIENT_DOMAIN, lambda: self.clock)  # type: ignore[arg-type]
        addresses = HouseAddresses("notices.test", PATIENT_DOMAIN, "https://espace.test")
        takes = Taking(self.bucket, self.log, self.scanner, now)  # type: ignore[arg-type]
        rules = Rules(
            recipients,
            addresses,
            takes,
            self.operators,
            "door.test",
            self.tls,
            Arrivals(self.connections_a_minute, lambda: self.seconds),
            Room(self.capacity),
            Meter(self.volume, lambda: self.seconds),
            self.manners,
        )
        loop = asyncio.get_running_loop()
        self.server = await loop.create_unix_server(lambda: DoorSession(rules, self), str(self.path))

    async def reopen(self) -> None:
        """Open it again with other rules."""
        self.server.close()
        await self.open()

    @property
    def letters(self) -> list[LetterTaken]:
        """The records of letters to patients."""
        return [one for one in self.log.records if isinstance(one, LetterTaken)]

    async def client(self) -> Client:
        client = Client(*await asyncio.open_unix_connection(str(self.path)))
        self.clients.append(client)
        self.greeting = await client.reply()
        return client

    async def close(self) -> None:
        self.server.close()
        for client in self.clients:
            client.writer.close()
            await asyncio.gather(client.writer.wait_closed(), return_exceptions=True)
        while self.sessions:
            await asyncio.sleep(0.005)


async def over_tls(client: Client, authority: Authority, files: tuple[Path, Path] | None) -> ssl.SSLObject:
    """STARTTLS as a sender does it, with a certificate or without; the connection's TLS."""
    context = ssl.create_default_context(cafile=str(authority.file))
    if files is not None:
        context.load_cert_chain(*files)
    return await shaken(client, context)


async def shaken(client: Client, context: ssl.SSLContext) -> ssl.SSLObject:
    """STARTTLS with this context; the connection's TLS."""
    await client.say(b"EHLO x")
    assert (await client.say(b"STARTTLS")).startswith("220 2.0.0")
    await client.writer.start_tls(context, server_hostname="door.test")
    found = client.writer.get_extra_info("ssl_object")
    assert isinstance(found, ssl.SSLObject)
    return found
