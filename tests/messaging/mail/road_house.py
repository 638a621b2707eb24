"""A road with one reply on it, and its recipients' mail server on a socket file."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiosmtplib
from msgspec.structs import replace

from chassis.clock import now
from chassis.effects import Judged
from chassis.errors import NotFound
from chassis.ids import new_id
from chassis.objects import AlreadyThere, StoredObject
from contracts.messaging import ReplyStateChanged
from messaging.domain.consignment import Consignment, consigned
from messaging.domain.model import Message, MessageKind, Party, Patient
from messaging.road import LEASE, Road
from messaging.road.peers import Peers
from messaging.road.routes import Server
from messaging.store.rows import row_of, struct_of
from tests.messaging.fake_objects import FakeStream
from tests.messaging.fakes import FakeStore
from tests.messaging.mail.peer import Peer
from tests.messaging.mail.test_door import settings

PATIENT = Patient(
    id=new_id(),
    revision=1,
    status="active",
    given_name="Inaya",
    family_name="Michel",
    ins="288056938312340",
    mailbox_address="288056938312340@patient.mssante.fr",
)
CHRISTELLE = Party(name="Christelle Thomas", address="christelle@chu.mssante.fr")
MARIE = Party(name="Marie Chanteau", address="marie@chu.mssante.fr")
ZOE = Party(name="Zoé Petit", address="zoe@clinique.mssante.fr")
SERVER = "mx.chu.mssante.fr"


async def nothing_more() -> None:
    """Nothing happens meanwhile."""


class Bucket:
    """Objects in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.puts = 0
        self.looks = 0
        self.before_put: Callable[[], Awaitable[Any]] = nothing_more

    async def size(self, key: str) -> int:
        self.looks += 1
        if key not in self.kept:
            raise NotFound(key)
        return len(self.kept[key])

    async def chunks(self, key: str, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        async with self.open(key, offset, length) as stream:
            async for chunk in stream.chunks():
                yield chunk

    @asynccontextmanager
    async def open(self, key: str, offset: int = 0, length: int | None = None) -> AsyncIterator[Any]:
        if key not in self.kept:
            raise NotFound(key)
        yield FakeStream(self.kept[key])

    async def put(
        self, key: str, chunks: AsyncIterator[bytes], media_type: str, *, only_new: bool = False
    ) -> StoredObject:
        content = b"".join([chunk async for chunk in chunks])
        await self.before_put()
        if only_new and key in self.kept:
            raise AlreadyThere(key)
        self.puts += 1
        self.kept[key] = content
        return StoredObject(key=key, size=len(self.kept[key]), sha256="")


class ToPeers:
    """Routes to socket files: servers are paths."""

    def __init__(self, *paths: Path) -> None:
        self.paths = list(paths)
        self.error: Exception | None = None
        self.asked = 0

    async def to(self, domain: str) -> list[Server]:
        self.asked += 1
        if self.error:
            raise self.error
        return [Server(SERVER, number) for number, _ in enumerate(self.paths)]

    def key(self, domain: str) -> str:
        return domain

    def client(self, server: Server) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            socket_path=str(self.paths[server.port]), local_hostname="pli.test", start_tls=False, timeout=2.0
        )


class House:
    """A road with one reply on it, and its recipients' server."""

    def __init__(self, peer: Peer, **how: Any) -> None:
        self.store, self.bucket, self.peer = FakeStore(), Bucket(), peer
        self.routes = ToPeers(peer.path)
        self.at = now()
        how = {"road_tls": "opportunistic", "road_patience": 2.0, "road_last_patience": 2.0} | how
        told = settings(door_loopback_without_tls=True, **how)
        self.road = Road(
            told,
            self.store,
            self.bucket,  # type: ignore[arg-type]
            lambda: self.at,
            Peers(told, "pli.test", self.routes, self.routes.client),
        )
        self.message = reply(self.at)
        self.store.put("patients", PATIENT)
        self.store.put("messages", self.message)
        (self.consignment,) = consigned(self.message, self.message.recipients, self.at)

    def to_two_domains(self) -> tuple[Consignment, ...]:
        """Make the reply go to another domain as well: its consignments."""
        self.message = replace(self.message, recipients=(CHRISTELLE, ZOE))
        self.store.put("messages", self.message)
        return consigned(self.message, self.message.recipients, self.at)

    async def attempt(
        self,
        attempts: int = 1,
        meanwhile: Callable[[Consignment], Consignment] | None = None,
        lease: timedelta = LEASE,
    ) -> Any:
        """Perform the row once, under a lease that ends so much later, and write what the commit would."""
        self.consignment = replace(self.consignment, attempts=attempts)
        outcome = await self.road.perform(row_of(self.consignment) | {"due_at": self.at + lease})
        if meanwhile:
            self.consignment = meanwhile(self.consignment)
        if not isinstance(outcome, Judged):
            return outcome
        row = row_of(self.consignment)
        decided = outcome.by(row)
        self.consignment = struct_of(Consignment, row | dict(decided.fields))
        return decided

    @property
    def states(self) -> dict[str, Any]:
        return {one.recipient.address.partition("@")[0]: one.reply_state for one in self.consignment.deliveries}

    @property
    def reasons(self) -> set[str | None]:
        return {one.reason for one in self.consignment.deliveries}


def told(outcome: Any) -> list[tuple[str, int]]:
    return [(event.state, event.revision) for event, _ in outcome.events if isinstance(event, ReplyStateChanged)]


def reply(at: datetime) -> Message:
    message_id = new_id()
    return Message(
        id=message_id,
        patient_id=PATIENT.id,
        conversation_id=new_id(),
        kind=MessageKind.REPLY,
        sender=PATIENT.party,
        recipients=(CHRISTELLE, MARIE),
        at=at,
        subject="Préparation",
        text="Bonjour\n.\n.. et à bientôt",
        message_id=f"<{message_id}@patient.mssante.fr>",
        references=("<a@chu.mssante.fr>",),
    )
