"""Connections to mail servers: opened by preference, made safe as the settings want, kept between replies."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress

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
        try:
            return await self._greeted(server, secured=True)
        except ssl.SSLError as error:
            if self._settings.road_tls == "required":
                raise NotSafe(f"{server.name} cannot prove who it is") from error
        log.warning("road.tls-failed", server=server.name)
        return await self._greeted(server, secured=False)

    async def _greeted(self, server: Server, *, secured: bool) -> aiosmtplib.SMTP:
        client = self._make(server)
        try:
            async with asyncio.timeout(self._settings.road_patience):
                await client.connect()
                await client.ehlo()
                if secured:
                    await self._secure(client, server)
        except BaseException:
            client.close()
            raise
        return client

    async def _secure(self, client: aiosmtplib.SMTP, server: Server) -> None:
        if client.supports_extension("starttls"):
            await client.starttls(tls_context=self._tls, server_hostname=server.name)
            await client.ehlo()
        elif self._settings.road_tls == "required":
            raise NotSafe(f"{server.name} offers no TLS")

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
