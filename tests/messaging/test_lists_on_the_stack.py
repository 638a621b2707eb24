"""Lists, filters and search on the real database: every query by its index, and no more read for more letters."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chassis.ids import new_id
from chassis.store import Tx
from messaging.domain.drafting import tick_of
from messaging.domain.facets import Facet, by
from messaging.domain.filters import Filters, lists_for
from messaging.domain.model import Conversation, Correspondent, Mailbox, Message, MessageKind, Party
from messaging.domain.searching import read_query, volume_of
from messaging.domain.threads import begin
from messaging.domain.tray import Found, Tray
from messaging.settings import MessagingSettings
from messaging.store import MessagingStore
from messaging.store.finding import words_row
from messaging.store.mailboxes import conversation_row
from messaging.store.rows import row_of
from stack.control import Stack

pytestmark = pytest.mark.stack

AT = datetime(2026, 6, 9, tzinfo=UTC)
PEOPLE = [Party(name=f"Docteur Numéro{n}", address=f"d{n}@chu.mssante.fr") for n in range(5)]
MANY = 1_000
SECOND = timedelta(seconds=1)
A_BATCH = 250
COLLECTIONS = ("conversations", "words", "trash", "messages", "consignments")
READ_AT_MOST = 600
"""Rows that one page may read of a list, however long; a page shows 50."""


class Asked:
    """A query, where it was asked, and how many rows answered it: what its index bounds let through."""

    def __init__(self, name: str, query: dict[str, Any], rows: int) -> None:
        self.name, self.query, self.rows = name, query, rows


class Watched:
    """A collection that remembers what is asked of it."""

    def __init__(self, collection: Any, asked: list[Asked]) -> None:
        self._collection, self._asked = collection, asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)

    def find(self, query: dict[str, Any], *rest: Any, **more: Any) -> Any:
        note = Asked(self._collection.name, query, 0)
        self._asked.append(note)
        return WatchedCursor(self._collection.find(query, *rest, **more), note)


class WatchedCursor:
    """Counts the rows that come."""

    def __init__(self, cursor: Any, note: Asked) -> None:
        self._cursor, self._note = cursor, note

    def sort(self, *order: Any) -> "WatchedCursor":
        self._cursor = self._cursor.sort(*order)
        return self

    def limit(self, most: int) -> "WatchedCursor":
        self._cursor = self._cursor.limit(most)
        return self

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for row in self._cursor:
            self._note.rows += 1
            yield row

    async def to_list(self, most: int | None = None) -> list[Any]:
        return [row async for row in self]


class TrialStore(MessagingStore):
    """Messaging's store under names of its own, which remembers its questions."""

    PREFIX = f"trial-{new_id()[-8:]}"

    def __init__(self, settings: MessagingSettings) -> None:
        super().__init__(settings)
        self.asked: list[Asked] = []

    def collection(self, name: str) -> Any:
        return Watched(super().collection(f"{self.PREFIX}-{name}"), self.asked)

    async def plan_of(self, asked: Asked) -> str:
        command = {"find": asked.name, "filter": asked.query}
        answer = await self._database.command("explain", command, verbosity="queryPlanner")
        return str(answer["queryPlanner"]["winningPlan"])


@pytest.fixture
async def store(stack: Stack) -> AsyncIterator[TrialStore]:
    known = {name.removeprefix("PLI_").lower(): value for name, value in stack.env("messaging-web").items()}
    made = TrialStore(MessagingSettings(**known))
    for name in COLLECTIONS:
        await made.collection(name).create_indexes(list(MessagingStore.INDEXES[name]))
    yield made
    for name in COLLECTIONS:
        await made.collection(name).drop()
    made.close()


def letters(patient_id: str, many: int, burst: timedelta) -> Iterator[Message]:
    """Letters in bursts with long pauses between them; every tenth is about a rare thing."""
    for number in range(many):
        message_id = new_id()
        yield Message(
            id=message_id,
            patient_id=patient_id,
            conversation_id=message_id,
            kind=MessageKind.LETTER,
            sender=PEOPLE[number % 5],
            recipients=(),
            at=AT + (number // 400) * timedelta(days=90) + (number % 400) * burst,
            subject="Zona" if number == many // 3 else "Résultats",
            text="Bonjour, voici vos résultats.",
            message_id="",
        )


async def filled(store: TrialStore, many: int) -> tuple[str, list[Conversation]]:
    """A mailbox with so many conversations of one letter; every seventh was read."""
    patient_id = new_id()
    sent = list(letters(patient_id, many, timedelta(milliseconds=20)))
    rows = [
        begin(letter) if number % 7 else begin(Message(**{**_fields(letter), "read_at": AT}))
        for number, letter in enumerate(sent)
    ]
    await insert(store, "conversations", [conversation_row(row) for row in rows])
    await insert(store, "words", [words_row(letter, volume_of(number)) for number, letter in enumerate(sent)])
    return patient_id, sorted(rows, key=lambda row: (row.last_activity_at, row.id), reverse=True)


async def insert(store: TrialStore, name: str, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), A_BATCH):
        await store.collection(name).insert_many(rows[start : start + A_BATCH])


def _fields(message: Message) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__struct_fields__}


def is_of(number: int, row: Conversation) -> bool:
    return row.sender_address == PEOPLE[number].address


async def is_by_index_and_bounded(store: TrialStore) -> int:
    """The rows read since the last time. Fails when a query has no index."""
    asked, store.asked = store.asked, []
    for one in asked:
        assert {"IXSCAN", "IDHACK"} & set(re.findall(r"[A-Z]+", await store.plan_of(one))), one.query
    read = sum(one.rows for one in asked)
    assert read <= READ_AT_MOST, [(one.query, one.rows) for one in asked]
    return read


async def test_a_page_reads_no_more_of_a_long_list_than_of_a_short_one(store: TrialStore) -> None:
    patient_id, rows = await filled(store, MANY)
    await filled(store, 60)
    store.asked.clear()
    seen: list[str] = []
    key = None
    for _ in range(8):
        page = await store.mailbox_page(patient_id, total=MANY, older_than=key)
        await is_by_index_and_bounded(store)
        seen += [row.id for row in page.rows]
        key = page.older
    assert seen == [row.id for row in rows[:400]]
    back = await store.mailbox_page(patient_id, total=MANY, newer_than=page.newer)
    await is_by_index_and_bounded(store)
    assert [row.id for row in back.rows] == seen[300:350]


async def test_the_first_page_seen_again_reads_itself_alone_and_is_right_after_any_change(
    store: TrialStore,
) -> None:
    patient_id, rows = await filled(store, MANY)
    ids = [row.id for row in rows]
    assert await first_page(store, patient_id) == ids[:50]
    store.asked.clear()
    assert await first_page(store, patient_id) == ids[:50]
    assert await is_by_index_and_bounded(store) <= 60

    await store.collection("conversations").delete_many({"_id": {"$in": ids[10:40]}})
    left = ids[:10] + ids[40:]
    assert await first_page(store, patient_id) == left[:50]

    newest = replace(rows[0], id=new_id(), last_activity_at=rows[0].last_activity_at + timedelta(days=1))
    await insert(store, "conversations", [conversation_row(newest)])
    assert await first_page(store, patient_id) == [newest.id, *left[:49]]


async def test_a_first_page_after_a_flood_is_not_read_to_where_it_once_ended(store: TrialStore) -> None:
    patient_id, _rows = await filled(store, MANY)
    await store.collection("mailboxes").insert_one(row_of(Mailbox(id=patient_id, opened_at=AT)))
    await first_page(store, patient_id, revision=1)
    flood = [replace(one, at=one.at + timedelta(days=3_650)) for one in letters(patient_id, MANY, SECOND)]
    for start in range(0, MANY, A_BATCH):
        await store.transact(lambda tx, batch=flood[start : start + A_BATCH]: file_all(store, tx, batch))
    store.asked.clear()
    revision = (await store.mailbox(patient_id)).revision
    shown = await first_page(store, patient_id, revision=revision)
    assert shown == [one.id for one in sorted(flood, key=lambda one: (one.at, one.id), reverse=True)[:50]]
    await is_by_index_and_bounded(store)


async def file_all(store: TrialStore, tx: Tx, batch: list[Message]) -> None:
    """Put letters that belong to nothing into the mailbox, as a batch is."""
    tray = Tray(Found())
    for one in batch:
        tray.add(one)
    await store.put_away(tx, tray)


async def test_a_narrowed_list_does_not_say_how_far_to_read_of_the_whole_one(store: TrialStore) -> None:
    patient_id, rows = await filled(store, MANY)
    narrowed = await store.mailbox_page(patient_id, keeps=lambda row: row.unread == 0, total=MANY)
    assert [row.id for row in narrowed.rows] == [row.id for row in rows if row.unread == 0][:50]
    store.asked.clear()
    assert await first_page(store, patient_id) == [row.id for row in rows[:50]]
    assert await is_by_index_and_bounded(store) < [row.id for row in rows].index(narrowed.rows[-1].id)


async def first_page(store: TrialStore, patient_id: str, revision: int = 0) -> list[str]:
    page = await store.mailbox_page(patient_id, total=MANY, revision=revision)
    return [row.id for row in page.rows]


async def test_filters_find_exactly_their_rows_by_index(store: TrialStore) -> None:
    patient_id, rows = await filled(store, MANY)
    store.asked.clear()
    ended = Correspondent(
        id="c", patient_id=patient_id, address=PEOPLE[2].address, name="x", name_at=AT, last_end_at=AT
    )
    tick = tick_of(PEOPLE[3].address)
    for filters, holds in (
        (Filters(unread=True), lambda row: row.unread > 0),
        (Filters(professional=tick), lambda row: is_of(3, row)),
        (
            Filters(professional=tick, unread=True),
            lambda row: is_of(3, row) and row.unread,
        ),
        (Filters(ended=True), lambda row: is_of(2, row)),
        (Filters(files=True), lambda row: row.with_files),
    ):
        page = await store.mailbox_page(
            patient_id, lists=lists_for(filters, [ended]), keeps=filters.keeps, total=MANY
        )
        await is_by_index_and_bounded(store)
        assert [row.id for row in page.rows] == [row.id for row in rows if holds(row)][:50], filters
    assert lists_for(Filters(), []) == [Facet.ALL]
    assert lists_for(Filters(ended=True, professional=tick), [ended]) == []
    assert by(tick) == lists_for(Filters(professional=tick), [])[0]


async def test_a_common_and_a_rare_word_are_found_by_index(store: TrialStore) -> None:
    patient_id, _ = await filled(store, MANY)
    store.asked.clear()
    newest = volume_of(MANY)
    for word, most, found in (("resultats", 51, 51), ("zona", 51, 1), ("absent", 51, 0)):
        query = read_query(word)
        assert query is not None
        answer = await store.find(patient_id, query, newest, most=most)
        await is_by_index_and_bounded(store)
        assert len(answer.keys) >= found if found == most else len(answer.keys) == found


async def test_the_trash_a_search_beside_it_and_a_row_s_marks_are_found_by_index(store: TrialStore) -> None:
    patient_id, _ = await filled(store, 60)
    deleted = [begin(letter) for letter in letters(patient_id, 130, timedelta(seconds=1))]
    trashed = [replace(row, trashed_at=row.last_activity_at) for row in deleted]
    await insert(store, "conversations", [conversation_row(row) for row in trashed])

    async def work(tx: Tx) -> None:
        for row in trashed:
            await store.put_in_trash(tx, row)

    await store.transact(work)
    store.asked.clear()
    seen: list[str] = []
    key = None
    while True:
        page = await store.trash_page(patient_id, key)
        await is_by_index_and_bounded(store)
        seen += [row.id for row in page.rows]
        if (key := page.older) is None:
            break
    assert seen == [row.id for row in trashed[::-1]]
    assert await store.trashed_messages(patient_id) == set()
    assert await store.troubled_among(patient_id, seen[:50]) == set()
    assert await store.troubled_consignments(patient_id) == []
    assert len(await store.over_in_trash(AT + timedelta(days=30), 10)) == 1
    await is_by_index_and_bounded(store)
