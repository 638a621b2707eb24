"""Messages by their words: one row a message, written with it and asked as `domain/searching.py` tells."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from chassis.store import Row, Store, Tx
from contracts.base import Instant
from messaging.domain.model import Message
from messaging.domain.searching import Query, asked_tokens, kept_words, tokens_of
from messaging.store.rows import reading, struct_of

MOST_TOKENS = 600
"""Tokens of one question to the index."""
FEW_TOKENS = 8
MOST_READ = 3_000
"""Rows read for one page; what follows is for the next."""
PLACE: Mapping[str, int] = {"patient_id": 1, "volume": 1, "at": 1, "hidden": 1}
WORDS: Mapping[str, int] = {"tokens": 0}
"""What is read of a row: its place, with its words where these decide."""


class FoundKey(Struct, frozen=True, order=True):
    """The place of a result: the latest volume first, in it the latest message."""

    volume: int
    at: Instant
    id: str


class Findings(Struct, frozen=True, kw_only=True):
    """Places of results in their order; `reached` is the last volume looked through when older ones are left."""

    keys: tuple[FoundKey, ...]
    reached: int | None


class Finding(Store[Tx]):
    """Collection `words`."""

    def add_words(self, tx: Tx, messages: Iterable[Message], volumes: Mapping[str, int]) -> None:
        """Let these messages be found. `volumes` are those of their patients' mailboxes."""
        rows = [words_row(message, volumes.get(message.patient_id, 0)) for message in messages]
        tx.writing.insert("words", rows)

    async def find(
        self,
        patient_id: str,
        query: Query,
        newest: int,
        *,
        most: int,
        hidden: Collection[str] = (),
        older_than: FoundKey | None = None,
    ) -> Findings:
        """Results in volume `newest` and before, as long as there are fewer than `most`; not those `hidden`.

        A volume is looked through whole: there may be more than `most`.
        """
        keys: list[FoundKey] = []
        left, read, step = newest, 0, 1
        fields = PLACE if query.told_by_tokens else WORDS
        while left >= 0 and len(keys) < most and read < MOST_READ:
            volumes = range(left, max(-1, left - step), -1)
            tokens = asked_tokens(patient_id, volumes, query.driver)
            rows = await self._with_tokens(patient_id, tokens, fields)
            read += len(rows)
            found = [key_of(row) for row in rows if row["_id"] not in hidden and query.fits(row.get("words"))]
            keys += [key for key in found if older_than is None or key < older_than]
            left = volumes[-1] - 1
            askable = MOST_TOKENS * len(volumes) // len(tokens)
            step = max(1, min(step * 2, askable, _missing(most - len(keys), len(keys), newest - left)))
        return Findings(keys=tuple(sorted(keys, reverse=True)), reached=left + 1 if left >= 0 else None)

    async def _with_tokens(self, patient_id: str, tokens: Sequence[str], fields: Mapping[str, int]) -> list[Row]:
        """The patient's own rows with any of these tokens, but for letters that were set aside."""
        rows = {row["_id"]: row for row in await self._rows_with(tokens, fields)}
        return [row for row in rows.values() if row["patient_id"] == patient_id and not row.get("hidden")]

    async def _rows_with(self, tokens: Sequence[str], fields: Mapping[str, int]) -> list[Row]:
        """Few tokens are asked for one by one: the store reads faster so than by an `$in`."""
        asked = tokens if len(tokens) <= FEW_TOKENS else [{"$in": list(tokens)}]
        with reading(None):
            found = [await self.collection("words").find({"tokens": one}, fields).to_list() for one in asked]
        return [row for some in found for row in some]

    async def messages_by_id(self, patient_id: str, ids: Sequence[str]) -> list[Message]:
        """These messages, in no order; those that aren't there are missing."""
        query = {"_id": {"$in": list(ids)}, "patient_id": patient_id}
        with reading(None):
            return [struct_of(Message, row) async for row in self.collection("messages").find(query)]

    async def trashed_messages(self, patient_id: str) -> set[str]:
        """Messages of conversations in the trash, which no search finds."""
        with reading(None):
            rows = self.collection("trash").find({"patient_id": patient_id}, {"_id": 1})
            trashed = [row["_id"] async for row in rows]
            if not trashed:
                return set()
            query = {"patient_id": patient_id, "conversation_id": {"$in": trashed}}
            return {row["_id"] async for row in self.collection("messages").find(query, {"_id": 1})}


def words_row(message: Message, volume: int) -> Row:
    """What is kept of a message so that it can be found."""
    kept = kept_words(message)
    return {
        "_id": message.id,
        "patient_id": message.patient_id,
        "volume": volume,
        "at": message.at,
        "words": kept,
        "tokens": tokens_of(message.patient_id, volume, kept),
    }


def _missing(results: int, found: int, volumes: int) -> int:
    """How many volumes more may hold so many results, by what the ones looked through held; all when none did."""
    return -(-results * volumes // found) if found else MOST_TOKENS


def key_of(row: Row) -> FoundKey:
    """Where a message stands among the results."""
    return FoundKey(volume=row["volume"], at=row["at"], id=row["_id"])
