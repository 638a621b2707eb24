"""A letter disclosed to an operator: untouched, and recorded before a byte of it is read."""

from io import BytesIO

import pytest

from chassis.errors import NotFound
from messaging.evidence import disclose
from tests.messaging.people import INAYA_ID, World

RAW = b"To: 1@patient.mssante.fr, 2@patient.mssante.fr\r\n\r\nBonjour.\r\n"


async def test_the_bytes_are_those_that_came_and_the_access_is_in_the_audit() -> None:
    world, out = World(), BytesIO()
    world.objects.kept["raw"] = RAW
    letter = world.letter(raw_key="raw")
    assert await disclose(world.store, world.objects, letter.id, out) == len(RAW)
    assert out.getvalue() == RAW
    recorded = world.store.audited[-1]
    assert (recorded["action"], recorded["actor"]) == ("evidence-disclosed", "operator")
    assert (recorded["patient_id"], recorded["object_id"]) == (INAYA_ID, letter.id)


async def test_what_cannot_be_read_was_recorded_all_the_same() -> None:
    world = World()
    letter = world.letter(raw_key="lost")
    with pytest.raises(NotFound):
        await disclose(world.store, world.objects, letter.id, BytesIO())
    assert world.store.audited[-1]["object_id"] == letter.id


async def test_without_an_original_there_is_nothing_to_disclose_nor_to_record() -> None:
    world = World()
    for message_id in (world.letter().id, "nobody's"):
        with pytest.raises(NotFound):
            await disclose(world.store, world.objects, message_id, BytesIO())
    assert world.store.audited == []
