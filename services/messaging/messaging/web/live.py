"""News of mailboxes for open pages: what this service published, dispatched to the patients who look."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from chassis.web import ServerEvent
from contracts.base import Event

LIST = "mailbox"
"""The list, or a reply's state, is no longer what the page shows."""
BADGE = "unread"
"""Nor is the badge beside "Messagerie"."""


class MailboxNews:
    """Fed by a follower of `messaging.events`; each open page waits on its own flag."""

    def __init__(self) -> None:
        self._flags: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @property
    def watched(self) -> frozenset[str]:
        """The patients whose mailbox is looked at right now."""
        return frozenset(self._flags)

    async def tell(self, event: Event) -> None:
        """Something happened in a mailbox; events that concern no patient's list are let go."""
        patient_id = getattr(event, "patient_id", None)
        for flag in self._flags.get(patient_id or "", ()):
            flag.set()

    async def follow(self, patient_id: str) -> AsyncIterator[ServerEvent]:
        """One pair of events for whatever happened since the last; ends when the page goes away."""
        flag = asyncio.Event()
        self._flags[patient_id].add(flag)
        try:
            while True:
                await flag.wait()
                flag.clear()
                yield ServerEvent(LIST)
                yield ServerEvent(BADGE)
        finally:
            self._leave(patient_id, flag)

    def _leave(self, patient_id: str, flag: asyncio.Event) -> None:
        self._flags[patient_id].discard(flag)
        if not self._flags[patient_id]:
            del self._flags[patient_id]
