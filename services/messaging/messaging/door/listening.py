"""The door as a part of the process: it listens, and when it stops it lets letters under way end."""

import asyncio
import socket
from collections.abc import Mapping
from time import monotonic

from chassis.errors import BackingServiceAway
from chassis.objects import Objects
from chassis.part import Check
from chassis.telemetry import log
from messaging.door.arrivals import Arrivals
from messaging.door.house import House
from messaging.door.meter import Meter, Volume
from messaging.door.pace import Patience
from messaging.door.recipients import Recipients
from messaging.door.room import Capacity, Room
from messaging.door.rules import Manners, Rules
from messaging.door.scanning import Scanner
from messaging.door.session import CLOSING, DoorSession
from messaging.door.taking import Taking
from messaging.door.tls import DoorTls
from messaging.operators import OperatorsFile
from messaging.settings import MessagingSettings

FINISH_WITHIN = 5.0
BACKLOG = 512
LETS_IN = 0.02
"""Seconds in which who waits at a closing door is let in, to hear 421: the system would cut the connection."""


class Door:
    """Listens for SMTP."""

    name = "door"

    def __init__(
        self,
        settings: MessagingSettings,
        *,
        operators: OperatorsFile,
        recipients: Recipients,
        taking: Taking,
        scanner: Scanner,
        objects: Objects,
    ) -> None:
        self.sessions: set[DoorSession] = set()
        self.stopping = False
        self._settings = settings
        self._scanner = scanner
        self._objects = objects
        self._rules = Rules(
            recipients=recipients,
            house=_house(settings),
            taking=taking,
            operators=operators.current,
            hostname=settings.door_hostname,
            tls=_tls(settings),
            arrivals=Arrivals(settings.door_connections_per_minute_per_peer, monotonic),
            room=Room(_capacity(settings)),
            meter=Meter(Volume(settings.door_bytes_per_hour, settings.door_bytes_per_hour_per_peer), monotonic),
            manners=_manners(settings),
        )
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Begin to listen, also while backing services are away: senders then hear 451.

        The port is shared with the process that this one replaces, so that a restart leaves no gap.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: DoorSession(self._rules, self),
            self._settings.door_host,
            self._settings.door_port,
            backlog=BACKLOG,
            reuse_port=hasattr(socket, "SO_REUSEPORT"),
        )
        log.info("door.open", port=self.port)

    async def stop(self) -> None:
        """Take no more letters: who waits between two is told 421, a letter under way gets its answer first."""
        self.stopping = True
        if self._server is not None:
            await asyncio.sleep(LETS_IN)
            self._server.close()
        for session in list(self.sessions):
            if not session.receiving:
                session.part(CLOSING, "closing")
        deadline = asyncio.get_running_loop().time() + FINISH_WITHIN
        while any(session.receiving for session in self.sessions):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.05)
        for session in list(self.sessions):
            session.part(CLOSING, "closing")

    def checks(self) -> Mapping[str, Check]:
        """Ready while it listens, and the object store and the scanner answer."""
        return {"door": self._listening, "objects": self._objects_answer, "scanner": self._scanner.check}

    async def _listening(self) -> str | None:
        return None if self._server is not None and self._server.is_serving() else "not listening"

    async def _objects_answer(self) -> str | None:
        try:
            async with asyncio.timeout(1.5):
                await self._objects.ping()
        except (BackingServiceAway, TimeoutError):
            return "the object store does not answer"
        return None


def _house(settings: MessagingSettings) -> House:
    return House(
        notice_domain=settings.notice_domain,
        patient_domain=settings.patient_domain.lower(),
        site=settings.public_origin,
    )


def _capacity(settings: MessagingSettings) -> Capacity:
    return Capacity(
        connections=settings.door_connections,
        connections_per_peer=settings.door_connections_per_peer,
        letters=settings.door_letters,
        letters_per_peer=settings.door_letters_per_peer,
    )


def _manners(settings: MessagingSettings) -> Manners:
    return Manners(
        commands=settings.door_commands,
        between=settings.door_between_letters,
        yields=settings.door_yields_after,
        errors=settings.door_errors,
        recipients=settings.door_recipients,
        patience=Patience(
            idle=settings.door_idle,
            letter=settings.door_letter_within,
            least_rate=settings.door_least_rate,
            grace=settings.door_grace,
        ),
    )


def _tls(settings: MessagingSettings) -> DoorTls | None:
    """None on the loopback without TLS."""
    if settings.door_loopback_without_tls:
        return None
    assert settings.door_certificate and settings.door_key and settings.door_client_ca
    return DoorTls(settings.door_certificate, settings.door_key, settings.door_client_ca)
