"""Who gets a place at a door that has none left, and who gives it."""

import asyncio

from msgspec.structs import replace

from tests.certificates import Authority
from tests.messaging.mail.doorstep import HEAD, Client, House, over_tls

YIELDED = "421 4.3.2 Others need this place, come back with a listed certificate"
CROWDED = "421 4.7.0 Too many connections at once, close some or try again later"


async def with_places(house: House, places: int, per_peer: int = 10, yields: float = 0.1) -> None:
    house.capacity = replace(house.capacity, connections=places, connections_per_peer=per_peer)
    house.manners = replace(house.manners, yields=yields)
    await house.reopen()


async def proven(house: House, authority: Authority) -> Client:
    client = await house.client()
    await over_tls(client, authority, authority.issue("smtp.chu.mssante.fr", "chu"))
    return client


async def test_who_presented_no_certificate_yields_to_who_comes_when_all_places_are_taken(
    guarded: House, authority: Authority
) -> None:
    await with_places(guarded, 2)
    longest, other = await guarded.client(), await guarded.client()
    await asyncio.sleep(0.15)
    comes = await proven(guarded, authority)
    assert await longest.reply() == YIELDED
    assert (await comes.send(HEAD + b"\r\nx")).startswith("250")
    assert (await other.say(b"EHLO x")).startswith("250")


async def test_one_place_is_given_for_one(guarded: House) -> None:
    await with_places(guarded, 2, yields=0.3)
    first, second = await guarded.client(), await guarded.client()
    await asyncio.sleep(0.4)
    third, fourth = await guarded.client(), await guarded.client()
    assert [await first.reply(), await second.reply()] == [YIELDED, YIELDED]
    await guarded.client()
    assert guarded.greeting == CROWDED
    assert [(await one.say(b"EHLO x"))[:3] for one in (third, fourth)] == ["250", "250"]


async def test_who_has_just_come_keeps_its_place(guarded: House) -> None:
    await with_places(guarded, 1, yields=30.0)
    first = await guarded.client()
    await guarded.client()
    assert guarded.greeting == CROWDED
    assert (await first.say(b"EHLO x")).startswith("250")


async def test_a_mail_operator_keeps_its_place_however_long_it_waits_between_letters(
    guarded: House, authority: Authority
) -> None:
    await with_places(guarded, 1)
    listed = await proven(guarded, authority)
    await asyncio.sleep(0.15)
    await guarded.client()
    assert guarded.greeting == CROWDED
    await listed.say(b"EHLO x")
    assert (await listed.send(HEAD + b"\r\nx")).startswith("250")


async def test_who_has_all_the_places_of_one_peer_takes_none_from_others(guarded: House) -> None:
    await with_places(guarded, 1, per_peer=1)
    first = await guarded.client()
    await asyncio.sleep(0.15)
    await guarded.client()
    assert guarded.greeting == CROWDED
    assert (await first.say(b"EHLO x")).startswith("250")


async def test_in_the_middle_of_a_handshake_a_connection_that_yields_is_cut_without_a_word(guarded: House) -> None:
    await with_places(guarded, 1)
    shaking = await guarded.client()
    await shaking.say(b"EHLO x")
    assert (await shaking.say(b"STARTTLS")).startswith("220")
    await asyncio.sleep(0.15)
    await guarded.client()
    assert guarded.greeting.startswith("220")
    assert await shaking.reply() == ""
