"""Who gets a place at a door that has none left, and who gives it."""

import asyncio

from msgspec.structs import replace

from tests.certificates import Authority
from tests.messaging.mail.doorstep import HEAD, House, over_tls

YIELDED = "421 4.3.2 Others need this place, come back when there is a letter"


async def with_places(house: House, places: int, per_peer: int = 10, yields: float = 0.1) -> None:
    house.capacity = replace(house.capacity, connections=places, connections_per_peer=per_peer)
    house.manners = replace(house.manners, yields=yields)
    await house.reopen()


async def test_who_is_idle_yields_to_who_comes_when_all_places_are_taken(house: House) -> None:
    await with_places(house, 2)
    longest, other = await house.client(), await house.client()
    await asyncio.sleep(0.15)
    comes = await house.client()
    assert house.greeting.startswith("220")
    assert await longest.reply() == YIELDED
    assert (await comes.send(HEAD + b"\r\nx")).startswith("250")
    assert (await other.say(b"EHLO x")).startswith("250")


async def test_who_has_just_come_keeps_its_place(house: House) -> None:
    await with_places(house, 1, yields=30.0)
    first = await house.client()
    await house.client()
    assert house.greeting.startswith("421 4.7.0 Too many connections at once")
    assert (await first.send(HEAD + b"\r\nx")).startswith("250")


async def test_who_is_in_the_middle_of_a_letter_keeps_its_place(house: House) -> None:
    await with_places(house, 1)
    sender = await house.client()
    await sender.begin()
    await asyncio.sleep(0.15)
    await house.client()
    assert house.greeting.startswith("421 4.7.0 Too many connections at once")
    assert (await sender.say(HEAD + b"\r\nx\r\n.")).startswith("250")


async def test_one_letter_makes_a_place_worth_keeping_for_a_while(house: House) -> None:
    await with_places(house, 2)
    writes, idles = await house.client(), await house.client()
    await asyncio.sleep(0.15)
    assert (await writes.send(HEAD + b"\r\nx")).startswith("250")
    await house.client()
    assert house.greeting.startswith("220")
    assert await idles.reply() == YIELDED


async def test_who_has_all_the_places_of_one_peer_takes_none_from_others(house: House) -> None:
    await with_places(house, 1, per_peer=1)
    first = await house.client()
    await asyncio.sleep(0.15)
    await house.client()
    assert house.greeting.startswith("421 4.7.0 Too many connections at once")
    assert (await first.say(b"EHLO x")).startswith("250")


async def test_who_did_not_prove_to_be_a_mail_operator_yields_first(guarded: House, authority: Authority) -> None:
    await with_places(guarded, 2)
    listed = await guarded.client()
    await over_tls(listed, authority, authority.issue("smtp.chu.mssante.fr", "chu"))
    stranger = await guarded.client()
    await asyncio.sleep(0.15)
    await guarded.client()
    assert guarded.greeting.startswith("220")
    assert await stranger.reply() == YIELDED
    assert (await listed.say(b"EHLO x")).startswith("250")
