"""Letters that patients said are not theirs wait for an operator, who is told no more of them than it takes."""

from datetime import timedelta

import pytest

from chassis.errors import NotFound
from messaging.disclosing import Access
from messaging.disowning import set_aside, take_back
from messaging.domain.model import Message, Party
from messaging.misdirected import columns_of, settle, waiting
from tests.messaging.fakes import identity_of
from tests.messaging.people import AT, DOMAINS, INAYA_ID, World

ACCESS = Access(by="Anne Petit", reason="demande 2026-114")
ROBOT = Party(name="Robot", address="robot@chu.mssante.fr")
WORDS = "Résultats de Monsieur Autre"


async def put_aside(world: World, letter: Message, minutes: int = 0) -> None:
    await set_aside(world.store, DOMAINS, identity_of(INAYA_ID), letter.id, AT + timedelta(minutes=minutes))


def operators_acts(world: World) -> list[tuple[str, ...]]:
    return [
        (record["action"], record["reason"], record["patient_id"], record["object_id"])
        for record in world.store.audited
        if record["actor"] == "operator:Anne Petit"
    ]


async def test_those_that_wait_are_listed_the_longest_first_and_each_patient_can_see_that_it_was() -> None:
    world = World()
    later, first = world.letter(), world.letter()
    await put_aside(world, later, minutes=5)
    await put_aside(world, first)
    assert [one.id for one in await waiting(world.store, ACCESS)] == [first.id, later.id]
    assert operators_acts(world) == [
        ("misdirected-letter-listed", "demande 2026-114", INAYA_ID, one.id) for one in (first, later)
    ]


async def test_nothing_of_what_it_says_nor_who_wrote_it_is_listed() -> None:
    world = World()
    await put_aside(world, world.letter(text=WORDS, subject=WORDS))
    await put_aside(world, world.letter(auto_reply=True, sender=ROBOT))
    told, not_told = await waiting(world.store, ACCESS)
    assert columns_of(told) == (
        (AT).isoformat(timespec="seconds"), told.id, INAYA_ID, "chu.mssante.fr", "yes"
    )  # fmt: skip
    assert columns_of(not_told)[3:] == ("chu.mssante.fr", "no")
    listed = " ".join(column for letter in (told, not_told) for column in columns_of(letter))
    assert not any(secret in listed for secret in (WORDS, "Autre", "robot", "Christelle", "christelle"))


async def test_what_was_looked_into_waits_no_longer_and_who_did_it_and_why_is_in_the_audit() -> None:
    world = World()
    letter, other = world.letter(), world.letter()
    await put_aside(world, letter)
    await put_aside(world, other)
    await settle(world.store, letter.id, ACCESS)
    assert list(world.store.kept["misdirected"]) == [other.id]
    assert operators_acts(world) == [("misdirected-letter-settled", "demande 2026-114", INAYA_ID, letter.id)]
    for message_id in (letter.id, "nobody's"):
        with pytest.raises(NotFound):
            await settle(world.store, message_id, ACCESS)
    assert len(operators_acts(world)) == 1


async def test_a_letter_taken_back_waits_no_longer_and_set_aside_again_waits_again() -> None:
    world = World()
    letter, identity = world.letter(), identity_of(INAYA_ID)
    await put_aside(world, letter)
    await take_back(world.store, identity, letter.id, AT)
    assert await waiting(world.store, ACCESS) == []
    await put_aside(world, letter, minutes=5)
    (again,) = await waiting(world.store, ACCESS)
    assert again.sender_told
    await settle(world.store, letter.id, ACCESS)
    await take_back(world.store, identity, letter.id, AT)
    assert world.store.kept["misdirected"] == {}
