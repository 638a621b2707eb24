"""What became of effects: outcomes share commits, and are kept while the store is away."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.errors import BackingServiceAway
from chassis.outcomes import Done, Outcomes
from chassis.store import Row


class Rows:
    """A store whose rows are all still ours but for those that are `lost`; it counts its commits."""

    name = "effects"

    def __init__(self) -> None:
        self.commits: list[int] = []
        self.lost: set[str] = set()

    def collection(self, name: str) -> "Rows":
        return self

    async def transact(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        self.written = 0
        result = await work(SimpleNamespace(session=None, writing=self))
        self.commits.append(self.written)
        return result

    def find(self, query: Row, projection: object, session: Any) -> Any:
        ids = query["_id"]["$in"]
        found = [{"_id": one, "lease_owner": "another" if one in self.lost else "me"} for one in ids]

        async def to_list(_: int) -> list[Row]:
            return found

        return SimpleNamespace(to_list=to_list)

    def update(self, collection: str, row_id: str, update: Row) -> None:
        self.written += 1


def gathering(rows: Rows, performing: set[str]) -> Outcomes:
    store: Any = rows
    return Outcomes(store, "effects", lambda: bool(performing))


async def ended(outcomes: Outcomes, row_id: str, performing: set[str], after: float = 0.0) -> None:
    performing.add(row_id)
    await asyncio.sleep(after)
    performing.discard(row_id)
    written = await outcomes.write({"_id": row_id, "lease_owner": "me"}, Done())
    assert written == Done()


async def test_outcomes_of_effects_that_began_together_share_a_commit() -> None:
    rows, performing = Rows(), set[str]()
    outcomes = gathering(rows, performing)
    await asyncio.gather(*(ended(outcomes, row_id, performing, after=0.001 * n) for n, row_id in enumerate("abc")))
    assert rows.commits == [3]


async def test_an_outcome_that_no_other_follows_is_committed_at_once() -> None:
    rows, performing = Rows(), set[str]()
    outcomes = gathering(rows, performing)
    await ended(outcomes, "a", performing)
    await ended(outcomes, "b", performing)
    assert rows.commits == [1, 1]


async def test_an_outcome_waits_a_moment_for_another_and_no_longer() -> None:
    rows, performing = Rows(), set[str]()
    outcomes = gathering(rows, performing)
    slow = asyncio.create_task(ended(outcomes, "slow", performing, after=5.0))
    await asyncio.sleep(0)
    await ended(outcomes, "a", performing)
    assert rows.commits == [1]
    assert not slow.done()
    slow.cancel()


async def test_an_outcome_whose_lease_is_another_s_is_not_written_and_those_beside_it_are() -> None:
    rows = Rows()
    rows.lost = {"b"}
    outcomes = gathering(rows, set())
    written = await asyncio.gather(
        *(outcomes.write({"_id": row_id, "lease_owner": "me"}, Done(events=())) for row_id in "abc")
    )
    assert written == [Done(), None, Done()]
    assert sum(rows.commits) == 2


class AwayTwice:
    """A store that is away for two commits."""

    def __init__(self) -> None:
        self.commits = 0

    def collection(self, name: str) -> Any:
        return SimpleNamespace(name=name)

    async def transact(self, _: object) -> dict[str, Done]:
        self.commits += 1
        if self.commits <= 2:
            raise BackingServiceAway("store")
        return {"row": Done()}


async def test_an_outcome_that_is_kept_for_long_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    store: Any = AwayTwice()
    outcomes = Outcomes(store, "notes", lambda: False)
    outcomes.hurry()
    assert await outcomes.write({"_id": "row", "lease_owner": "us"}, Done()) == Done()
    assert (store.commits, capsys.readouterr().out.count("outcome.kept")) == (3, 1)
