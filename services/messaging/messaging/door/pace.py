"""How slowly a letter may come. Only the time that we waited for its sender counts, never our own stores'."""

from msgspec import Struct


class Patience(Struct, frozen=True):
    """What a sender may take: seconds of silence, seconds for a whole letter, bytes a second after a grace."""

    idle: float
    letter: float
    least_rate: float
    grace: float = 30.0


class Pace:
    """One letter's."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._waited = 0.0
        self._bytes = 0

    @property
    def left(self) -> float:
        """Seconds that the next bytes may take to come; 0 once the sender was too slow."""
        patience = self._patience
        allowed = patience.grace + self._bytes / patience.least_rate
        return max(0.0, min(patience.idle, patience.letter - self._waited, allowed - self._waited))

    def waited(self, seconds: float, size: int) -> None:
        """So many bytes came after so many seconds."""
        self._waited += seconds
        self._bytes += size
