"""Which servers take mail for a domain: the relay, or those that its DNS names (RFC 5321 §5.1)."""

import random
from collections.abc import Sequence
from typing import Any, Protocol

import dns.asyncresolver
import dns.exception
import dns.resolver
from msgspec import Struct

MOST_SERVERS = 5
ANSWER_WITHIN = 10.0
"""Seconds for the name servers."""


class Server(Struct, frozen=True):
    """Where to connect."""

    name: str
    port: int


class NoRoute(Exception):
    """No server will ever take mail for this domain."""


class NoRouteNow(Exception):
    """The name servers don't answer."""


class Routes(Protocol):
    """Finds servers."""

    async def to(self, domain: str) -> Sequence[Server]:
        """The servers to try, the best first. Raises `NoRoute`, `NoRouteNow`."""
        ...

    def key(self, domain: str) -> str:
        """What domains that share their servers have in common: their connections."""
        ...


class FixedRelay:
    """One server for every domain."""

    def __init__(self, host: str, port: int) -> None:
        self._servers = [Server(host, port)]

    async def to(self, domain: str) -> Sequence[Server]:
        """The relay."""
        return self._servers

    def key(self, domain: str) -> str:
        """The same for all."""
        return self._servers[0].name


class MailExchangers:
    """Each domain's own servers, as DNS has them."""

    def __init__(self, port: int, resolver: dns.asyncresolver.Resolver | None = None) -> None:
        self._port = port
        self._known = resolver

    async def to(self, domain: str) -> Sequence[Server]:
        """By preference, in no order among equals; the domain itself if it names none (RFC 5321 §5.1).

        A null MX (RFC 7505), or a domain that doesn't exist, is no route for ever.
        """
        try:
            found = list(await self._resolve(domain, "MX"))
        except dns.resolver.NoAnswer:
            return await self._itself(domain)
        targets = [(one.preference, random.random(), one.exchange.to_text(omit_final_dot=True)) for one in found]
        names = [name for _, _, name in sorted(targets) if name not in ("", ".", "@")]
        if not names:
            raise NoRoute(f"{domain} takes no mail")
        return [Server(name, self._port) for name in dict.fromkeys(names)][:MOST_SERVERS]

    def key(self, domain: str) -> str:
        """Each domain has its own."""
        return domain

    async def _itself(self, domain: str) -> Sequence[Server]:
        for kind in ("A", "AAAA"):
            try:
                await self._resolve(domain, kind)
            except dns.resolver.NoAnswer:
                continue
            return [Server(domain, self._port)]
        raise NoRoute(f"{domain} has no server")

    async def _resolve(self, domain: str, kind: str) -> Any:
        try:
            return await self._resolver().resolve(domain, kind, lifetime=ANSWER_WITHIN)
        except dns.resolver.NoAnswer:
            raise
        except (dns.resolver.NXDOMAIN, dns.resolver.YXDOMAIN) as error:
            raise NoRoute(f"{domain} does not exist") from error
        except (dns.exception.DNSException, OSError) as error:
            raise NoRouteNow(f"no answer about {domain}") from error

    def _resolver(self) -> dns.asyncresolver.Resolver:
        """Made at the first question: a machine without a resolver can still start."""
        if self._known is None:
            self._known = dns.asyncresolver.Resolver()
            self._known.cache = dns.resolver.LRUCache()
        return self._known
