"""The door as a part of the process: it listens, and when it stops it lets letters under way end."""

import asyncio
import ssl
from collections.abc import Mapping

from chassis.errors import BackingServiceAway
from chassis.objects import Objects
from chassis.part import Check
from chassis.telemetry import log
from messaging.door.recipients import Recipients
from messaging.door.session import DoorSession, Rules
from messaging.door.taking import Taking
from messaging.settings import MessagingSettings

FINISH_WITHIN = 5.0


class Door:
    """Listens for SMTP."""

    name = "door"

    def __init__(
        self, settings: MessagingSettings, recipients: Recipients, taking: Taking, objects: Objects
    ) -> None:
        self.sessions: set[DoorSession] = set()
        self.stopping = False
        self._settings = settings
        self._objects = objects
        self._rules = Rules(
            recipients=recipients,
            taking=taking,
            hostname=settings.door_hostname,
            tls=_tls(settings),
            most_connections=settings.door_connections,
        )
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Begin to listen, also while backing services are away: senders then hear 451."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: DoorSession(self._rules, self), self._settings.door_host, self._settings.door_port, backlog=512
        )
        log.info("door.open", port=self.port)

    async def stop(self) -> None:
        """Take no more letters; those under way get their answer, the rest of the connections are closed."""
        self.stopping = True
        if self._server is not None:
            self._server.close()
        deadline = asyncio.get_running_loop().time() + FINISH_WITHIN
        while any(session.receiving for session in self.sessions):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.05)
        for session in list(self.sessions):
            if session.transport is not None:
                session.transport.close()

    def checks(self) -> Mapping[str, Check]:
        """Ready while it listens and the object store answers."""
        return {"door": self._listening, "objects": self._objects_answer}

    async def _listening(self) -> str | None:
        return None if self._server is not None and self._server.is_serving() else "not listening"

    async def _objects_answer(self) -> str | None:
        try:
            async with asyncio.timeout(1.5):
                await self._objects.ping()
        except (BackingServiceAway, TimeoutError):
            return "the object store does not answer"
        return None


def _tls(settings: MessagingSettings) -> ssl.SSLContext | None:
    """TLS 1.2 or later, with a certificate of a mail operator's; None on the loopback."""
    if settings.door_loopback_without_tls:
        return None
    assert settings.door_certificate and settings.door_key and settings.door_client_ca
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(settings.door_client_ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(settings.door_certificate, settings.door_key)
    return context
