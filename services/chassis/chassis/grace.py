"""How long leases that ran out are left alone after the store was out of reach: who lives renews them first."""

import time
from collections.abc import Callable


class Grace:
    """One queue's, in seconds of a `clock` that only grows.

    While the store is away nobody can renew a lease, so all run out, those of workers that live and have heard an
    answer which they can't write yet, too. Each of them renews within a lease of the store's return: until then a
    lease that ran out proves nothing. Whoever has just started knows no better than who heard nothing for long.
    """

    def __init__(self, lease: float, silence: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._lease = lease
        self._silence = silence
        self._clock = clock
        self._heard_at = self._over_at = float("-inf")

    def heard(self) -> None:
        """The store has answered. After a `silence` the grace begins anew."""
        at = self._clock()
        if at - self._heard_at > self._silence:
            self._over_at = at + self._lease
        self._heard_at = at

    @property
    def over(self) -> bool:
        """Whether a lease that ran out is that of a worker which is gone."""
        at = self._clock()
        return at >= self._over_at and at - self._heard_at <= self._silence
