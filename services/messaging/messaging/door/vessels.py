"""How much came lately, by peer: what comes in fills a vessel, which empties evenly. Bounded, whoever comes."""

from collections import OrderedDict

from msgspec import Struct

MOST_PEERS = 20_000
"""Vessels that are kept, of some 300 bytes each: past it the one that was longest left alone is forgotten."""


class Flow(Struct, frozen=True):
    """How much may come in so many seconds: all of it at once, or bit by bit."""

    most: int
    seconds: float


class Vessel:
    """Fills with what comes in, and empties evenly: wholly in the flow's time."""

    __slots__ = ("_at", "_flow", "_level")

    def __init__(self, flow: Flow, now: float) -> None:
        self._flow = flow
        self._level = 0.0
        self._at = now

    def level(self, now: float) -> float:
        """How much is in it."""
        self._level = max(0.0, self._level - (now - self._at) * self._flow.most / self._flow.seconds)
        self._at = now
        return self._level

    def fill(self, much: int, now: float) -> None:
        """So much came."""
        self._level = self.level(now) + much

    def is_full(self, now: float) -> bool:
        """Whether nothing more may come for now."""
        return self.level(now) > self._flow.most - 1


class Vessels:
    """One for each peer of whom something came lately."""

    def __init__(self, flow: Flow, most_peers: int = MOST_PEERS) -> None:
        self._flow = flow
        self._most_peers = most_peers
        self._of: OrderedDict[str, Vessel] = OrderedDict()

    def __len__(self) -> int:
        return len(self._of)

    def is_full(self, peer: str, now: float) -> bool:
        """Whether nothing more of this peer may come for now."""
        own = self._of.get(peer)
        return own is not None and own.is_full(now)

    def fill(self, peer: str, much: int, now: float) -> None:
        """So much of this peer came."""
        if peer not in self._of:
            self._make_room(now)
            self._of[peer] = Vessel(self._flow, now)
        self._of[peer].fill(much, now)
        self._of.move_to_end(peer)

    def _make_room(self, now: float) -> None:
        """Forget who was longest left alone, while that makes no difference or there are too many."""
        while self._of:
            longest = next(iter(self._of.values()))
            if longest.level(now) and len(self._of) < self._most_peers:
                return
            self._of.popitem(last=False)
