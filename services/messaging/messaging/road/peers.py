"""Connections to mail servers: opened by preference, made safe as the settings want, kept between replies."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiosmtplib
from msgspec import Struct

from chassis.idle import Idle
from chassis.telemetry import log
from messaging.road.routes import NoRouteNow, Routes, Server
from messaging.road_settings import RoadSettings

IDLE_FOR = 20.0
"""Seconds a connection is kept for the next reply, and not longer: it takes one of the peer's places."""
PeerErrors = (aiosmtplib.SMTPException, OSError, TimeoutError)
MakeClient = Callable[[Server], aiosmtplib.SMTP]


class NotSafe(Exception):
    """TLS is required, and this server doesn't offer it or cannot prove who it is."""


class Connection(Struct):
    """A connection that is ready for a transaction. `used` when it has carried one before."""

    client: aiosmtplib.SMTP
    key: str
    used: bool = False


class Peers:
    """Opens connections and keeps them. One instance for the whole road."""

    def __init__(
        self, settings: RoadSettings, hostname: str, routes: Routes, make: MakeClient | None = None
    ) -> None:
        self._settings = settings
        self._hostname = hostname
        self._routes = routes
        self._make = make or self._client
        self._idle = Idle(_quit, IDLE_FOR)
        self._tls = tls_context(settings)

    async def connect(self, domain: str, *, fresh: bool = False) -> Connection:
        """A connection to a server of this domain: one that lay idle, or else (or if `fresh`) a new one.

        Raises `NoRoute`, `NoRouteNow`, `NotSafe`, or one of `PeerErrors`: those of the last server tried.
        """
        key = self._routes.key(domain)
        if not fresh and (kept := self._kept(key)):
            return kept
        last: Exception = NoRouteNow(domain)
        for server in await self._routes.to(domain):
            try:
                return Connection(await self._open(server), key)
            except (*PeerErrors, NotSafe) as error:
                last = error
        raise last

    def keep(self, connection: Connection) -> None:
        """Lay a connection aside whose transaction ended well."""
        if connection.client.is_connected:
            connection.used = True
            self._idle.lay(connection.key, connection)

    async def close(self) -> None:
        """Take leave of everybody."""
        await self._idle.close()

    def _kept(self, key: str) -> Connection | None:
        while connection := self._idle.take(key):
            if connection.client.is_connected:
                return connection
            connection.client.close()
        return None

    async def _open(self, server: Server) -> aiosmtplib.SMTP:
        client = await self._greeted(server)
        try:
            await self._secure(client, server)
        except (*PeerErrors, NotSafe) as error:
            if self._required:
                raise
            log.warning("road.tls-failed", server=server.name, reason=type(error).__name__)
            return await self._greeted(server)
        return client

    async def _greeted(self, server: Server) -> aiosmtplib.SMTP:
        client = self._make(server)
        async with self._patiently(client):
            await client.connect()
            await client.ehlo()
        return client

    async def _secure(self, client: aiosmtplib.SMTP, server: Server) -> None:
        async with self._patiently(client):
            if client.supports_extension("starttls"):
                await self._start_tls(client, server)
            elif self._required:
                raise NotSafe(f"{server.name} offers no TLS")

    async def _start_tls(self, client: aiosmtplib.SMTP, server: Server) -> None:
        try:
            await client.starttls(tls_context=self._tls, server_hostname=server.name)
            await client.ehlo()
        except ssl.SSLError as error:
            raise NotSafe(f"{server.name} cannot prove who it is") from error

    @property
    def _required(self) -> bool:
        return self._settings.road_tls == "required"

    @asynccontextmanager
    async def _patiently(self, client: aiosmtplib.SMTP) -> AsyncIterator[None]:
        """A step towards a transaction: it takes no longer than it may; if it fails the connection is closed."""
        try:
            async with asyncio.timeout(self._settings.road_patience):
                yield
        except BaseException:
            client.close()
            raise

    def _client(self, server: Server) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=server.name,
            port=server.port,
            local_hostname=self._hostname,
            start_tls=False,
            timeout=self._settings.road_patience,
        )


def tls_context(settings: RoadSettings) -> ssl.SSLContext:
    """TLS 1.2 or newer; certificates are verified where TLS is required (RFC 7435 where it isn't)."""
    context = ssl.create_default_context(cafile=str(settings.road_ca) if settings.road_ca else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.road_tls == "opportunistic":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.road_certificate and settings.road_key:
        context.load_cert_chain(settings.road_certificate, settings.road_key)
    return context


async def _quit(connection: Connection) -> None:
    """Say good-bye; whether or not that is answered, the connection is closed."""
    with suppress(*PeerErrors):
        await asyncio.wait_for(connection.client.quit(), 1.0)
    connection.client.close()
