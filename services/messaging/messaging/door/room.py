"""How many may be in at once: connections and letters, over all senders and for each peer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address, ip_network

from msgspec import Struct


class Capacity(Struct, frozen=True):
    """Connections and letters at once, over all and for a peer; seconds that a letter waits for its place."""

    connections: int
    connections_per_peer: int
    letters: int
    letters_per_peer: int
    wait: float = 10.0


class NoRoom(Exception):
    """As many letters as may be under way are, and none ended in time."""


class Room:
    """One door's."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._connections: Counter[str] = Counter()
        self._letters = asyncio.Semaphore(capacity.letters)
        self._letters_of: dict[str, asyncio.Semaphore] = {}

    @property
    def connections(self) -> int:
        """How many are in."""
        return self._connections.total()

    @property
    def full(self) -> bool:
        """Whether somebody must leave before another may come."""
        return self.connections >= self._capacity.connections

    def has_own_place(self, peer: str) -> bool:
        """Whether this peer has fewer connections than one peer may have."""
        return self._connections[peer] < self._capacity.connections_per_peer

    def enter(self, peer: str) -> bool:
        """Let a connection in; False when there are too many, and then it is not counted."""
        if self.full or not self.has_own_place(peer):
            return False
        self._connections[peer] += 1
        self._letters_of.setdefault(peer, asyncio.Semaphore(self._capacity.letters_per_peer))
        return True

    def leave(self, peer: str) -> None:
        """A connection that was let in is gone."""
        self._connections[peer] -= 1
        if not self._connections[peer]:
            del self._connections[peer], self._letters_of[peer]

    @asynccontextmanager
    async def letter(self, peer: str) -> AsyncIterator[None]:
        """A place for one letter. Raises `NoRoom` when none becomes free in time."""
        own = self._letters_of[peer]
        try:
            async with asyncio.timeout(self._capacity.wait):
                await self._both(own)
        except TimeoutError:
            raise NoRoom from None
        try:
            yield
        finally:
            self._letters.release()
            own.release()

    async def _both(self, own: asyncio.Semaphore) -> None:
        await own.acquire()
        try:
            await self._letters.acquire()
        except BaseException:
            own.release()
            raise


def peer_of(address: object) -> str:
    """Who connects, for counting: an IPv4 address, or the /64 of an IPv6 one (one subscriber has all of it)."""
    if not isinstance(address, tuple):
        return "local"
    try:
        found = ip_address(str(address[0]).partition("%")[0])
    except ValueError:
        return str(address[0])[:64]
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
