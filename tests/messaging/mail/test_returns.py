"""What is told of a report on one of our notices: what it says, and what the address proves, as it came."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from chassis.clock import now
from chassis.ids import new_id
from contracts.base import Event
from contracts.messaging import NoticeReturned, NoticeReturnTaken
from messaging.returns import Final, Returns
from tests.messaging.fake_objects import FakeObjects
from tests.messaging.mail.test_filing import ORIGIN


def taken(proof: str | None) -> NoticeReturnTaken:
    ids = {"intake_id": new_id(), "notice_id": new_id()}
    return NoticeReturnTaken(**ids, proof=proof, object_key="incoming/1", size=1, taken_at=now())


async def told(report: NoticeReturnTaken, final: Final | None) -> list[tuple[Event, str]]:
    published: list[tuple[Event, str]] = []
    tx: Any = SimpleNamespace(publish=lambda event, key: published.append((event, key)))
    await Returns(cast(Any, None)).apply(tx, report, final)
    return published


@pytest.mark.parametrize("proof", ["0123456789abcdef", None])
async def test_a_failure_for_good_is_told_with_what_stood_in_the_address(proof: str | None) -> None:
    report = taken(proof)
    ((event, key),) = await told(report, Final("5.1.1"))
    assert isinstance(event, NoticeReturned)
    assert (event.notice_id, event.proof, event.status) == (report.notice_id, proof, "5.1.1")
    assert key == report.notice_id


async def test_a_delay_is_not_told() -> None:
    assert await told(taken("0123456789abcdef"), None) == []


class Strict(FakeObjects):
    """A bucket that gives no range of an empty object, as S3 does."""

    def open(self, key: str, offset: int = 0, length: int | None = None) -> Any:
        assert self.kept[key], "416 InvalidRange"
        return super().open(key, offset, length)


async def test_an_empty_letter_to_a_notice_s_address_tells_nothing() -> None:
    objects = Strict()
    objects.kept["incoming/1"] = b""
    report: Any = SimpleNamespace(intake_id="1", object_key="incoming/1", size=0)
    assert await Returns(objects).prepare(report, ORIGIN) is None
