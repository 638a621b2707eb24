"""A letter disclosed to an operator: untouched, and recorded before a byte of it is read."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.errors import BackingServiceAway, NotFound
from messaging.disclosing import Access, put_down
from messaging.evidence import OriginalLost, disclose
from messaging.house_letters import fetch
from tests.messaging.people import INAYA_ID, World

RAW = b"To: 1@patient.mssante.fr, 2@patient.mssante.fr\r\n\r\nBonjour.\r\n"
ACCESS = Access(by="Anne Petit", reason="demande 2026-113")


async def test_the_bytes_are_those_that_came_and_who_looked_and_why_is_in_the_audit(tmp_path: Path) -> None:
    world, to = World(), tmp_path / "letter.eml"
    world.objects.kept["raw"] = RAW
    letter = world.letter(raw_key="raw")
    assert await disclose(world.store, world.objects, letter.id, to, ACCESS) == len(RAW)
    assert to.read_bytes() == RAW
    assert to.stat().st_mode & 0o777 == 0o600
    recorded = world.store.audited[-1]
    assert (recorded["action"], recorded["actor"]) == ("evidence-disclosed", "operator:Anne Petit")
    assert recorded["reason"] == "demande 2026-113"
    assert (recorded["patient_id"], recorded["object_id"]) == (INAYA_ID, letter.id)


async def test_what_cannot_be_read_was_recorded_all_the_same_and_leaves_no_file(tmp_path: Path) -> None:
    world = World()
    letter = world.letter(raw_key="lost")
    with pytest.raises(OriginalLost):
        await disclose(world.store, world.objects, letter.id, tmp_path / "letter.eml", ACCESS)
    assert world.store.audited[-1]["object_id"] == letter.id
    assert list(tmp_path.iterdir()) == []


async def test_without_an_original_there_is_nothing_to_disclose_nor_to_record(tmp_path: Path) -> None:
    world = World()
    for message_id in (world.letter().id, "nobody's"):
        with pytest.raises(NotFound):
            await disclose(world.store, world.objects, message_id, tmp_path / "letter.eml", ACCESS)
    assert world.store.audited == []
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_is_there_is_neither_written_over_nor_an_access(tmp_path: Path) -> None:
    world, to = World(), tmp_path / "letter.eml"
    world.objects.kept["raw"] = RAW
    letter = world.letter(raw_key="raw")
    to.write_bytes(b"another")
    with pytest.raises(FileExistsError):
        await disclose(world.store, world.objects, letter.id, to, ACCESS)
    assert to.read_bytes() == b"another"
    assert world.store.audited == []


async def test_a_store_that_breaks_off_leaves_nothing_that_stands_in_the_way_of_the_next_try(
    tmp_path: Path,
) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"half"
        raise BackingServiceAway("objects")

    async def whole() -> AsyncIterator[bytes]:
        yield RAW

    to = tmp_path / "letter.eml"
    with pytest.raises(BackingServiceAway):
        await put_down(breaking(), to)
    assert list(tmp_path.iterdir()) == []
    assert await put_down(whole(), to) == len(RAW)


async def test_a_file_that_came_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    to = tmp_path / "letter.eml"

    async def late() -> AsyncIterator[bytes]:
        yield RAW
        to.write_bytes(b"another")

    with pytest.raises(FileExistsError):
        await put_down(late(), to)
    assert to.read_bytes() == b"another"
    assert list(tmp_path.iterdir()) == [to]


async def test_each_letter_to_the_house_that_is_fetched_is_an_access_of_its_own(tmp_path: Path) -> None:
    world = World()
    world.objects.kept["incoming/operators/1"] = RAW
    assert await fetch(world.store, world.objects, tmp_path, ACCESS) == [tmp_path / "1.eml"]
    assert await fetch(world.store, world.objects, tmp_path, ACCESS) == []
    (recorded,) = world.store.audited
    assert (recorded["action"], recorded["object_id"], recorded["patient_id"]) == (
        "house-letter-fetched",
        "1",
        None,
    )


@pytest.mark.parametrize(
    ("by", "reason"),
    [("", "demande"), ("Anne", ""), ("Anne", " "), ("a" * 51, "b"), ("A\nB", "c"), ("A", "b" * 201)],
)
def test_who_and_why_are_said_and_fit_the_audit(by: str, reason: str) -> None:
    with pytest.raises(ValueError, match="printable characters"):
        Access(by=by, reason=reason)
