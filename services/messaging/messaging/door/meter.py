"""How many bytes may come in an hour: over all senders, and from each peer."""

from collections.abc import Callable

from msgspec import Struct

from messaging.door.vessels import Flow, Vessel, Vessels

HOUR = 3_600.0


class Volume(Struct, frozen=True):
    """Bytes in an hour, over all and from a peer."""

    all: int
    peer: int


class Meter:
    """One door's. A letter that has begun is taken to its end: a peer passes its volume by what is under way."""

    def __init__(self, volume: Volume, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._all = Vessel(Flow(volume.all, HOUR), clock())
        self._peers = Vessels(Flow(volume.peer, HOUR))

    def has_room(self, peer: str) -> bool:
        """Whether a letter of this peer may begin."""
        now = self._clock()
        return not self._all.is_full(now) and not self._peers.is_full(peer, now)

    def brought(self, peer: str, size: int) -> None:
        """So many bytes of letters came, whatever was answered to them."""
        now = self._clock()
        self._all.fill(size, now)
        self._peers.fill(peer, size, now)
