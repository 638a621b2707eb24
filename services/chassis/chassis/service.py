"""Puts a usual process together: store, relay, bus, guard and pages, from one `Settings`."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from litestar.types import ControllerRouterHandler

from chassis.bus import Bus, Subscription
from chassis.identity.guard import Guard
from chassis.part import Check, Part
from chassis.process import Process
from chassis.readiness import Readiness
from chassis.settings import Settings
from chassis.store import Store
from chassis.store.expiry import Expiry
from chassis.store.kept_forms import KeptForms
from chassis.store.look import watch_store
from chassis.store.relay import Relay
from chassis.watch import Watch
from chassis.web import WebPages, create_app


class StorePart:
    """The store as a part: its collections and indexes exist before anything else works."""

    name = "store"

    def __init__(self, store: Store[Any]) -> None:
        self._store = store
        self.prepared = asyncio.Event()

    async def start(self) -> None:
        """Create what is missing."""
        await self._store.prepare()
        self.prepared.set()

    async def stop(self) -> None:
        """Nothing: other parts still need the connections while they stop."""

    def checks(self) -> Mapping[str, Check]:
        """Ready while the store answers."""
        return {"store": self._check}

    async def _check(self) -> str | None:
        await self._store.ping()
        return None if self.prepared.is_set() else "not prepared yet"


class _After:
    """A part that starts once another is prepared."""

    def __init__(self, part: Part, prepared: asyncio.Event) -> None:
        self._part = part
        self._prepared = prepared

    @property
    def name(self) -> str:
        return self._part.name

    async def start(self) -> None:
        await self._prepared.wait()
        await self._part.start()

    async def stop(self) -> None:
        await self._part.stop()

    def checks(self) -> Mapping[str, Check]:
        return self._part.checks()


def assemble(
    settings: Settings,
    store: Store[Any],
    *,
    name: str | None = None,
    subscriptions: Sequence[Subscription] = (),
    controllers: Sequence[ControllerRouterHandler] = (),
    parts: Sequence[Part] = (),
    fronts: Sequence[Part] = (),
    pages: WebPages | None = None,
    guard: Guard | None = None,
    relay: bool = True,
    dependencies: Mapping[str, Any] | None = None,
    watches: Sequence[Watch] = (),
    stopping: asyncio.Event | None = None,
) -> Process:
    """A process that serves `controllers`, consumes `subscriptions`, relays, and runs `parts` of its own.

    `parts` start once the store's collections exist; `fronts` at once, for they must answer also while the
    store is away, and they stop first. `guard` is needed where there are pages; the store is watched for them, and
    `watches` are those over what else they wait for.
    Call it on the running event loop.
    """
    process_name = name or settings.service
    readiness = Readiness(process_name)
    stopped = stopping or asyncio.Event()
    ground = StorePart(store)
    worked: list[Part] = [
        *((Relay(settings, store), Expiry(store)) if relay else ()),
        *([Bus(settings, store, subscriptions)] if subscriptions else []),
        *parts,
    ]
    followers = guard.followers if guard else ()
    watching = [watch_store(settings), *watches] if pages else []
    app = create_app(
        settings=settings,
        controllers=controllers,
        pages=pages,
        guard=guard,
        readiness=readiness,
        stopping=stopped,
        dependencies=dependencies,
        kept_forms=KeptForms(store) if pages else None,
        watches=watching,
    )
    return Process(
        settings,
        process_name,
        app=app,
        parts=[ground, *watching, *followers, *(_After(part, ground.prepared) for part in worked)],
        fronts=fronts,
        readiness=readiness,
        stopping=stopped,
    )
