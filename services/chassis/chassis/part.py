"""A part of a process: something that starts, stops, and can say whether it does its work."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

Check = Callable[[], Awaitable[str | None]]
"""None when all is well, else what is wrong, in a few words without personal data."""


class Part(Protocol):
    """What a process is made of. `start` may be called again after it raised `BackingServiceAway`."""

    @property
    def name(self) -> str:
        """A short name for logs."""
        ...

    async def start(self) -> None:
        """Begin to work. Raises `BackingServiceAway` to be started again in a moment."""
        ...

    async def stop(self) -> None:
        """Finish what was begun and let go; called once, also if `start` never succeeded."""
        ...

    def checks(self) -> Mapping[str, Check]:
        """What must hold for the process to be ready, by name."""
        ...
