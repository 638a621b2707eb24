"""Which rows come next is found with few questions, however many wait."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.candidates import Candidates, Shares
from chassis.clock import now
from chassis.effects import LEASED_INDEXES, new_row
from chassis.ids import new_id
from chassis.store import Row, Store, Tx

pytestmark = pytest.mark.stack

SHARES = Shares("peer", at_once=2)


class Asked:
    """A collection that counts what it is asked."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self.questions = 0
        self.taken_meanwhile: list[str] = []
        """Peers whose rows another worker takes between two questions."""

    def find(self, *query: Any) -> Any:
        self.questions += 1
        return self._rows.find(*query)

    async def distinct(self, *query: Any) -> Any:
        self.questions += 1
        return [*await self._rows.distinct(*query), *self.taken_meanwhile]


@pytest.fixture
async def asked(store: Store[Tx]) -> Asked:
    rows = store.collection("notes")
    await rows.create_indexes([*LEASED_INDEXES, SHARES.index])
    return Asked(rows)


def flood(at: datetime, count: int) -> list[Row]:
    return [new_row(new_id(), at - timedelta(minutes=1), peer="flood") for _ in range(count)]


async def test_peers_whose_rows_wait_for_their_time_cost_no_question(store, asked: Asked) -> None:
    at = now()
    waiting = [new_row(new_id(), at + timedelta(hours=1), peer=f"waiting-{number}") for number in range(300)]
    due = new_row(new_id(), at, peer="due")
    await store.collection("notes").insert_many([*flood(at, 100), *waiting, due])
    found = await Candidates(asked, SHARES).find(at, 8, {})  # type: ignore[arg-type]
    assert sorted(row["peer"] for row in found) == ["due", "flood", "flood"]
    assert asked.questions <= 5


async def test_no_more_peers_are_asked_for_than_rows_are_wanted(store, asked: Asked) -> None:
    at = now()
    asked.taken_meanwhile = [f"taken-{number}" for number in range(300)]
    await store.collection("notes").insert_many(flood(at, 100))
    found = await Candidates(asked, SHARES).find(at, 8, {})  # type: ignore[arg-type]
    assert [row["peer"] for row in found] == ["flood", "flood"]
    assert asked.questions <= 2 + 4 * 8
