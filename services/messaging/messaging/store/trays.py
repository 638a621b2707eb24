"""A batch of letters in the store: each collection is read once and written once, however many there are."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import asdict

from chassis.store import Row, Tx
from messaging.domain.model import Conversation, Correspondent, Kept, Message
from messaging.domain.searching import volume_of
from messaging.domain.ties import Tie, tied_conversations, tyings_of
from messaging.domain.tray import Found, Tray
from messaging.store.consignments import Consignments
from messaging.store.drafts import Drafts
from messaging.store.finding import Finding
from messaging.store.mailboxes import Mailboxes, conversation_row
from messaging.store.messages import Messages, message_row
from messaging.store.rows import row_of, struct_of

K = TypeVar("K", bound=Kept)


class Trays(Mailboxes, Messages, Drafts, Consignments, Finding):
    """Collections `seen` and `ties`, and what filing changes of the others."""

    async def tray(
        self, tx: Tx, marks: Collection[str], correspondents: Collection[str], messages: Sequence[Message]
    ) -> Tray:
        """A tray for letters with these fingerprints, from these correspondents, to become these messages."""
        ties = await self._by_id(tx, "ties", Tie, {each.id for one in messages for each in tyings_of(one)})
        homes = await self._homes(tx, tied_conversations(messages, ties))
        found = Found(
            seen={row["_id"]: row["taken_at"] for row in await self._rows(tx, "seen", marks)},
            correspondents=await self._by_id(tx, "correspondents", Correspondent, correspondents),
            ties=ties,
            homes=homes,
            conversations=await self._by_id(tx, "conversations", Conversation, set(homes.values())),
        )
        return Tray(found)

    async def filed_among(self, tx: Tx, ids: Collection[str]) -> Collection[str]:
        """Those of these letters that are messages already: an event may come again when its marks are gone."""
        return await self._homes(tx, ids)

    async def _homes(self, tx: Tx, named: Collection[str]) -> Mapping[str, str]:
        rows = await self._rows(tx, "messages", named, {"conversation_id": 1})
        return {row["_id"]: row["conversation_id"] for row in rows}

    async def _by_id(self, tx: Tx, name: str, kind: type[K], ids: Collection[str]) -> dict[str, K]:
        return {row["_id"]: struct_of(kind, row) for row in await self._rows(tx, name, ids)}

    async def _rows(
        self, tx: Tx, name: str, ids: Collection[str], fields: Mapping[str, int] | None = None
    ) -> list[Row]:
        if not ids:
            return []
        query = {"_id": {"$in": sorted(ids)}}
        return await self.collection(name).find(query, fields, session=tx.session).to_list(len(ids))

    async def put_away(self, tx: Tx, tray: Tray) -> None:
        """Write what letters made of a tray."""
        await self._merge(tx, tray)
        _put(tx, "seen", _rows_of(tray.seen), tray.found.seen)
        _put(tx, "correspondents", _rows_of(tray.correspondents), tray.found.correspondents)
        _put(tx, "messages", [message_row(one) for one in tray.messages.values()], ())
        rows = [conversation_row(one) for one in tray.conversations.values()]
        _put(tx, "conversations", rows, tray.found.conversations)
        _put(tx, "ties", _rows_of(tray.ties), tray.found.ties)
        self.add_words(tx, tray.messages.values(), await self._volumes(tx, set(tray.counts())))
        for patient_id, gained in tray.counts().items():
            change = {"$inc": {**asdict(gained), "revision": gained.letters}}
            tx.writing.update("mailboxes", patient_id, change)

    async def _volumes(self, tx: Tx, patients: Collection[str]) -> Mapping[str, int]:
        rows = await self._rows(tx, "mailboxes", patients, {"letters": 1})
        return {row["_id"]: volume_of(row["letters"]) for row in rows}

    async def add_message(self, tx: Tx, message: Message) -> None:
        """Write a new message that comes alone, with its ties, and what was gathered before it."""
        tx.writing.insert("messages", [message_row(message)])
        known = await self._by_id(tx, "ties", Tie, [each.id for each in tyings_of(message)])
        joined = {
            each.id: known.get(each.id, Tie(id=each.id)).joined(message, message.conversation_id)
            for each in tyings_of(message)
        }
        _put(tx, "ties", _rows_of(joined), known)
        self.add_words(tx, [message], await self._volumes(tx, {message.patient_id}))
        await self.flush(tx)

    async def _merge(self, tx: Tx, tray: Tray) -> None:
        """Move what lay in conversations that others replace. Rare: a letter has tied two that stood apart."""
        for gone, into in tray.moves().items():
            patient_id = tray.found.conversations[gone].patient_id
            await self.move_messages(tx, patient_id, [gone], into)
            await self.move_drafts(tx, patient_id, [gone], into)
            await self.move_consignments(tx, patient_id, [gone], into)
            await self.remove_conversations(tx, patient_id, [gone])


def _rows_of(kept: Mapping[str, Kept]) -> list[Row]:
    return [row_of(one) for one in kept.values()]


def _put(tx: Tx, name: str, rows: Sequence[Row], there: Collection[str]) -> None:
    """Insert what is new and replace what was there, which the transaction has read."""
    tx.writing.insert(name, (row for row in rows if row["_id"] not in there))
    tx.writing.replace(name, (row for row in rows if row["_id"] in there))
