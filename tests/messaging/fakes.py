"""Messaging's own interfaces, in memory: the store, the objects, a guard that knows two patients."""

import copy
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from chassis.clock import now
from chassis.errors import NotFound, NotYet
from chassis.identity import Identity, TokenMissing
from chassis.previews.previewer import Described, NoPreview, Page, Previewer
from contracts.base import Event
from messaging.domain.disowning import Misdirected
from messaging.domain.facets import facets_of
from messaging.domain.model import (
    Conversation,
    Correspondent,
    Draft,
    Keep,
    Mailbox,
    Message,
    MessageKind,
    Patient,
)
from messaging.domain.searching import volume_of
from messaging.domain.trash import gone_at
from messaging.store import MessagePage, PageKey, TrashPage, message_key
from messaging.store.finding import words_row
from messaging.store.messages import MESSAGES_A_PAGE
from messaging.store.walks import Window, key_of
from tests.messaging.fake_consignments import FakeConsignments
from tests.messaging.fake_drafts import FakeDrafts


@dataclass
class FakeTx:
    """What a transaction gathers: events that leave with it, and audit records."""

    published: list[Event] = field(default_factory=list)
    audited: list[dict[str, Any]] = field(default_factory=list)
    session: None = None

    def publish(self, event: Event, key: str) -> None:
        assert key == event.patient_id  # type: ignore[attr-defined]
        self.published.append(event)

    def audit(self, **record: Any) -> None:
        self.audited.append(record)


class FakeStore(FakeDrafts, FakeConsignments):
    """The store of messaging in dictionaries by id; a transaction that fails leaves nothing."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {
            name: {}
            for name in (
                "patients",
                "correspondents",
                "mailboxes",
                "conversations",
                "messages",
                "keeps",
                "drafts",
                "draft_rows",
                "discards",
                "consignments",
                "preferences",
                "sendings",
                "trash",
                "misdirected",
            )
        }
        self.published: list[Event] = []
        self.audited: list[dict[str, Any]] = []

    def put(self, name: str, *things: Any) -> None:
        for thing in things:
            self.kept[name][thing.id] = thing

    def collection(self, name: str) -> Any:
        return FakeCollection(self.kept[name])

    async def transact(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        tx, before = FakeTx(), copy.deepcopy(self.kept)
        try:
            result = await work(tx)
        except BaseException:
            self.kept = before
            raise
        self.published += tx.published
        self.audited += tx.audited
        return result

    def _own(self, name: str, patient_id: str, thing_id: str) -> Any:
        found = self.kept[name].get(thing_id)
        if found is None or found.patient_id != patient_id:
            raise NotFound(f"{name} {thing_id}")
        return found

    def _all(self, name: str, patient_id: str) -> list[Any]:
        return [one for one in self.kept[name].values() if one.patient_id == patient_id]

    async def patient(self, patient_id: str, tx: Any = None) -> Patient:
        if patient_id not in self.kept["patients"]:
            raise NotYet(patient_id)
        return self.kept["patients"][patient_id]

    async def patients_among(self, ids: Collection[str]) -> dict[str, Patient]:
        return {key: self.kept["patients"][key] for key in ids if key in self.kept["patients"]}

    async def mailbox(self, patient_id: str, tx: Any = None) -> Mailbox:
        if patient_id not in self.kept["mailboxes"]:
            raise NotYet(patient_id)
        return self.kept["mailboxes"][patient_id]

    async def count(
        self, tx: Any, patient_id: str, *, unread: int = 0, conversations: int = 0, letters: int = 0
    ) -> None:
        was = self.kept["mailboxes"][patient_id]
        self.kept["mailboxes"][patient_id] = replace(
            was,
            unread=was.unread + unread,
            conversations=was.conversations + conversations,
            letters=was.letters + letters,
            revision=was.revision + 1,
        )

    async def _within(self, patient_id: str, facet: str, window: Window) -> list[Conversation]:
        """As the store's own, over rows in memory: every read of lists goes through it."""
        rows = [row for row in self._all("conversations", patient_id) if facet in facets_of(row)]
        rows.sort(key=_place, reverse=not window.newer)
        return [row for row in rows if _is_within(row, window)]

    async def _places(self, patient_id: str, facet: str, window: Window) -> list[PageKey]:
        return [key_of(row) for row in await self._within(patient_id, facet, window)]

    async def original(self, message_id: str) -> tuple[str, str]:
        found = self.kept["messages"].get(message_id)
        if found is None or found.raw_key is None:
            raise NotFound(message_id)
        return found.patient_id, found.raw_key

    async def conversation(self, patient_id: str, conversation_id: str, tx: Any = None) -> Conversation:
        return self._own("conversations", patient_id, conversation_id)

    async def conversations(self, patient_id: str, ids: list[str], tx: Any = None) -> list[Conversation]:
        return [one for one in self._all("conversations", patient_id) if one.id in ids]

    async def save_conversation(self, tx: Any, conversation: Conversation) -> None:
        self.put("conversations", conversation)

    def _in_conversation(self, patient_id: str, conversation_id: str) -> list[Message]:
        found = [one for one in self._all("messages", patient_id) if one.conversation_id == conversation_id]
        return sorted(found, key=lambda one: (one.at, one.id), reverse=True)

    async def remove_unbegun(self, tx: Any, draft: Draft) -> int:
        row = self.kept["conversations"].get(draft.id)
        if row is None or row.messages:
            return 0
        del self.kept["conversations"][draft.id]
        return 1

    async def everyone_known(self, patient_id: str, tx: Any = None) -> list[Correspondent]:
        return self._all("correspondents", patient_id)

    async def messages(
        self,
        patient_id: str,
        conversation_id: str,
        *,
        older_than: PageKey | None = None,
        size: int = MESSAGES_A_PAGE,
        total: int = 0,
    ) -> MessagePage:
        found = self._in_conversation(patient_id, conversation_id)
        if older_than:
            found = [one for one in found if (one.at, one.id) < (older_than.at, older_than.id)]
        shown = tuple(found[:size])
        return MessagePage(messages=shown, older=message_key(shown[-1]) if len(found) > size else None)

    async def newer_messages(
        self, patient_id: str, conversation_id: str, key: PageKey, size: int = MESSAGES_A_PAGE
    ) -> list[Message]:
        found = self._in_conversation(patient_id, conversation_id)
        return [one for one in found if (one.at, one.id) > (key.at, key.id)][-size:]

    async def answered_letter(self, conversation: Conversation, tx: Any) -> Message | None:
        found = self._in_conversation(conversation.patient_id, conversation.id)
        return next((one for one in found if one.kind is MessageKind.LETTER and one.message_id), None)

    async def message(self, patient_id: str, message_id: str, tx: Any = None) -> Message:
        return self._own("messages", patient_id, message_id)

    async def conversation_of(self, patient_id: str, message_id: str, tx: Any = None) -> str | None:
        try:
            return (await self.message(patient_id, message_id)).conversation_id
        except NotFound:
            return None

    async def add_message(self, tx: Any, message: Message) -> None:
        assert message.id not in self.kept["messages"]
        self.put("messages", message)

    async def mark_read(self, tx: Any, patient_id: str, message_id: str, at: Any) -> bool:
        message = self._own("messages", patient_id, message_id)
        if not message.unread or message.read_at is not None:
            return False
        self.put("messages", replace(message, read_at=at))
        return True

    async def mark_unread(self, tx: Any, patient_id: str, message_id: str) -> bool:
        message = self._own("messages", patient_id, message_id)
        if message.unread or message.kind is MessageKind.REPLY:
            return False
        self.put("messages", replace(message, unread_again=True))
        return True

    async def mark_read_again(self, tx: Any, patient_id: str, message_id: str) -> bool:
        message = self._own("messages", patient_id, message_id)
        self.put("messages", replace(message, unread_again=False))
        return bool(message.unread_again)

    async def put_in_trash(self, tx: Any, conversation: Conversation) -> None:
        self.put("trash", conversation)

    async def _rows_with(self, tokens: Any, fields: Any) -> list[dict[str, Any]]:
        asked, sent = set(tokens), Counter[str]()
        rows = []
        for one in self.kept["messages"].values():
            row = words_row(one, volume_of(sent[one.patient_id]))
            rows.append(row | {"hidden": one.disowned_at is not None})
            sent[one.patient_id] += 1
        return [row for row in rows if asked & set(row["tokens"])]

    async def messages_by_id(self, patient_id: str, ids: Any) -> list[Message]:
        return [one for one in self._all("messages", patient_id) if one.id in ids]

    async def trashed_messages(self, patient_id: str) -> set[str]:
        trashed = {row.id for row in self._all("conversations", patient_id) if row.trashed_at}
        return {one.id for one in self._all("messages", patient_id) if one.conversation_id in trashed}

    async def over_in_trash(self, at: Any, most: int) -> list[tuple[str, str]]:
        return [(row.patient_id, row.id) for row in self.kept["trash"].values() if gone_at(row.trashed_at) <= at]

    async def take_out_of_trash(self, tx: Any, conversation_id: str) -> None:
        self.kept["trash"].pop(conversation_id, None)

    async def trash_page(self, patient_id: str, older_than: PageKey | None = None) -> TrashPage:
        rows = [row for row in self._all("conversations", patient_id) if row.trashed_at]
        rows.sort(key=lambda row: row.trashed_at, reverse=True)
        return TrashPage(rows=tuple(rows), older=None)

    async def set_aside(self, tx: Any, message: Message, at: Any) -> None:
        self.put("messages", replace(self._own("messages", message.patient_id, message.id), disowned_at=at))

    async def queue_misdirected(self, tx: Any, letter: Misdirected) -> None:
        self.put("misdirected", letter)

    async def unqueue_misdirected(self, tx: Any, letter_id: str) -> Misdirected | None:
        return self.kept["misdirected"].pop(letter_id, None)

    async def misdirected(self, most: int) -> list[Misdirected]:
        return sorted(self.kept["misdirected"].values(), key=lambda one: one.set_aside_at)[:most]

    async def count_misdirected(self) -> int:
        return len(self.kept["misdirected"])

    async def correspondents(self, patient_id: str, addresses: Any, tx: Any = None) -> list[Correspondent]:
        return [one for one in self._all("correspondents", patient_id) if one.address in addresses]

    async def keep(self, patient_id: str, request_id: str, tx: Any = None) -> Keep:
        return self._own("keeps", patient_id, request_id)

    async def keeps(self, patient_id: str, message_ids: Any) -> list[Keep]:
        found = [one for one in self._all("keeps", patient_id) if one.message_id in message_ids]
        return sorted(found, key=lambda one: one.requested_at)

    async def save_keep(self, tx: Any, keep: Keep) -> None:
        self.put("keeps", keep)


class FakeCollection:
    """As much of a collection as asking whose a thing is takes."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self._kept = kept

    async def find_one(self, key: dict[str, Any], fields: dict[str, int]) -> dict[str, Any] | None:
        found = self._kept.get(key["_id"])
        return {"patient_id": found.patient_id} if found else None


def _place(row: Conversation) -> tuple[Any, str]:
    return row.last_activity_at, row.id


def _is_within(row: Conversation, window: Window) -> bool:
    near, far = window.near, window.far
    if window.newer:
        return (not near or _place(row) > (near.at, near.id)) and (not far or row.last_activity_at <= far.at)
    return (not near or _place(row) < (near.at, near.id)) and (not far or row.last_activity_at >= far.at)


class FakePreviewer(Previewer):
    """A PDF of three pages, whatever the bytes; or none, for the reason that a test gives."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.drawn: list[tuple[int, int]] = []

    async def describe(self, pdf: AsyncIterator[bytes], first: int, count: int) -> Described:
        await self._read(pdf)
        pages = [Page(width=595, height=842, text=f"Mots de la page {number}") for number in (1, 2, 3)]
        return Described(total=3, pages=tuple(pages[first - 1 : first - 1 + count]))

    async def draw(self, pdf: AsyncIterator[bytes], page: int, width: int) -> bytes:
        await self._read(pdf)
        self.drawn.append((page, width))
        return b"RIFFwebp"

    async def _read(self, pdf: AsyncIterator[bytes]) -> None:
        assert [chunk async for chunk in pdf]
        if self.reason:
            raise NoPreview(self.reason)


def identity_of(patient_id: str) -> Identity:
    return Identity(
        patient_id=patient_id,
        actor=patient_id,
        session_id=f"session-of-{patient_id}",
        expires_at=now() + timedelta(minutes=5),
        session_ends_at=now() + timedelta(hours=12),
    )


class TokenIsPatient:
    """A guard to whom the token is the patient's id."""

    keys_loaded = True

    def identify(self, token: str | None, *, unsafe: bool) -> Identity:
        if token is None:
            raise TokenMissing("no token")
        return identity_of(token)
