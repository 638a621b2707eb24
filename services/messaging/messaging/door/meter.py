"""How many bytes may come in an hour: over all senders, and from each peer."""

from collections.abc import Callable

from msgspec import Struct

HOUR = 3_600.0


class Volume(Struct, frozen=True):
    """Bytes in an hour, over all and from a peer."""

    all: int
    peer: int


class _Vessel:
    """Fills with what comes in, and empties evenly, wholly in an hour."""

    def __init__(self, holds: int, now: float) -> None:
        self._holds = holds
        self._level = 0.0
        self._at = now

    def level(self, now: float) -> float:
        """Bytes in it."""
        self._level = max(0.0, self._level - (now - self._at) * self._holds / HOUR)
        self._at = now
        return self._level

    def fill(self, size: int, now: float) -> None:
        """So many bytes came."""
        self._level = self.level(now) + size

    def is_full(self, now: float) -> bool:
        """Whether nothing more may come for now."""
        return self.level(now) >= self._holds


class Meter:
    """One door's. A letter that has begun is taken to its end: a peer passes its volume by what is under way."""

    def __init__(self, volume: Volume, clock: Callable[[], float]) -> None:
        self._volume = volume
        self._clock = clock
        self._all = _Vessel(volume.all, clock())
        self._peers: dict[str, _Vessel] = {}

    def has_room(self, peer: str) -> bool:
        """Whether a letter of this peer may begin."""
        now = self._clock()
        own = self._peers.get(peer)
        return not self._all.is_full(now) and (own is None or not own.is_full(now))

    def brought(self, peer: str, size: int) -> None:
        """So many bytes of letters came, whatever was answered to them."""
        now = self._clock()
        self._all.fill(size, now)
        if peer not in self._peers:
            self._forget_empty(now)
            self._peers[peer] = _Vessel(self._volume.peer, now)
        self._peers[peer].fill(size, now)

    def _forget_empty(self, now: float) -> None:
        self._peers = {peer: vessel for peer, vessel in self._peers.items() if vessel.level(now)}
