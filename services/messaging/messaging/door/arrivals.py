"""How many connections a peer may open in a minute, beside how many it may hold at once (`room.py`)."""

from collections.abc import Callable

from messaging.door.vessels import Flow, Vessels

MINUTE = 60.0


class Arrivals:
    """One door's. There is no such limit over all: one sender in a hurry would shut the door to the others."""

    def __init__(self, a_minute: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._peers = Vessels(Flow(a_minute, MINUTE))

    def may_come(self, peer: str) -> bool:
        """Count one more connection of this peer; False when it came too often, and then it is not counted.

        So who keeps knocking is still let in as often as anybody.
        """
        now = self._clock()
        if self._peers.is_full(peer, now):
            return False
        self._peers.fill(peer, 1, now)
        return True
