"""What nobody comes back to goes: empty drafts, what was thrown away long enough ago, objects nothing names."""

import asyncio
from collections.abc import Awaitable

from chassis.background import Recurring
from chassis.clock import Clock
from chassis.errors import BackingServiceAway, NotFound
from chassis.store import Tx
from chassis.telemetry import log
from messaging.domain.drafting import BLANK_FOR, UNDO_FOR
from messaging.domain.model import Draft
from messaging.objects import Objects
from messaging.removing import put_aside_if_empty
from messaging.store import MessagingStore
from messaging.upkeep import empty

LOOK_EVERY = 10.0
AT_ONCE = 100


class Tidying(Recurring):
    """A part of the worker. Several at once do no harm: each step may be done twice.

    A worker that can't tidy still files and sends.
    """

    name = "tidying"

    def __init__(self, store: MessagingStore, objects: Objects, clock: Clock) -> None:
        self._store = store
        self._objects = objects
        self._clock = clock
        super().__init__()

    async def _turn(self) -> None:
        await self.tidy()
        await asyncio.sleep(LOOK_EVERY)

    async def tidy(self) -> None:
        """Do all that is due; what can't be done is logged and stands in nothing else's way.

        Raises `BackingServiceAway`.
        """
        at = self._clock()
        for draft in await self._store.blank_since(at - BLANK_FOR):
            await self._try("blank-draft", put_aside_if_empty(self._store, draft, at))
        for draft in await self._store.removed_before(at - UNDO_FOR, AT_ONCE):
            await self._try("removed-draft", self._purge(draft))
        for patient_id, conversation_id in await self._store.over_in_trash(at, AT_ONCE):
            await self._try("trash", empty(self._store, patient_id, conversation_id, at))
        for key in await self._store.discarded(AT_ONCE):
            await self._try("discard", self._delete(key))

    async def _try(self, what: str, work: Awaitable[object]) -> None:
        try:
            await work
        except BackingServiceAway:
            raise
        except Exception as error:
            log.error("tidying.failed", what=what, exc_info=error)

    async def _delete(self, key: str) -> None:
        await (self._objects.remove_under if key.endswith("/") else self._objects.remove)(key)
        await self._store.forget_discarded([key])

    async def _purge(self, draft: Draft) -> None:
        async def work(tx: Tx) -> None:
            try:
                removed = await self._store.removed_draft(draft.patient_id, draft.id, tx)
            except NotFound:
                return
            await self._store.purge_draft(tx, removed)

        await self._store.transact(work)
