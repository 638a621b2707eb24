"""What the web layer needs of the rest of the chassis, in as few words as it uses."""

from asyncio import Event
from dataclasses import dataclass
from typing import Any, Protocol

from litestar.connection import ASGIConnection

from chassis.identity import Identity, TokenMissing
from chassis.web.language import Languages

TOKEN_COOKIE = "__Host-pli"  # noqa: S105
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class WebSettings(Protocol):
    """The settings that pages read."""

    @property
    def public_origin(self) -> str:
        """The site as browsers see it, e.g. `https://espace.example`."""
        ...

    @property
    def service_name(self) -> str:
        """Whose service it is, as every page says."""
        ...

    @property
    def development(self) -> bool:
        """Whether to show what only developers need."""
        ...


class Guard(Protocol):
    """Says who carries a token."""

    @property
    def keys_loaded(self) -> bool:
        """Whether the public keys are known, so that a refusal means something."""
        ...

    def identify(self, token: str | None, *, unsafe: bool) -> Identity:
        """Who this is, or `LogInNeeded`. An expired token does for an unsafe request of a live session."""
        ...


class Readiness(Protocol):
    """Says whether the process does its work."""

    @property
    def ready(self) -> bool:
        """Whether the last report found nothing wrong."""
        ...

    async def report(self) -> dict[str, bool | str]:
        """Each check by name: True, or what is wrong."""
        ...


class NoSessions:
    """The guard of a process that no patient ever talks to."""

    keys_loaded = True

    def identify(self, token: str | None, *, unsafe: bool) -> Identity:
        """Nobody, ever."""
        raise TokenMissing("this process knows no sessions")


@dataclass(frozen=True)
class WebParts:
    """What requests find in `app.state.web`."""

    settings: WebSettings
    guard: Guard
    stopping: Event
    languages: Languages


def parts_of(connection: "ASGIConnection[Any, Any, Any, Any]") -> WebParts:
    """The web layer's own parts, from any connection of the app."""
    found: WebParts = connection.app.state.web
    return found
