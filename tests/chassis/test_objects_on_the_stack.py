"""Objects are whole or absent, and a claim is honoured for its patient and consumer alone."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest

from chassis.errors import NotFound
from chassis.ids import new_id
from chassis.objects import AlreadyThere, ClaimMismatch, ClaimRefused, Objects
from chassis.settings import Settings
from stack.control import Stack

pytestmark = pytest.mark.stack


def objects_of(stack: Stack, service: str) -> Objects:
    known = stack.env("messaging-worker" if service == "messaging" else service)
    given = {name.removeprefix("PLI_").lower(): value for name, value in known.items()}
    return Objects(type("S", (Settings,), {"service": service})(**given))


@pytest.fixture
async def messaging(stack: Stack) -> AsyncIterator[Objects]:
    objects = objects_of(stack, "messaging")
    yield objects
    objects.close()


@pytest.fixture
async def documents(stack: Stack) -> AsyncIterator[Objects]:
    objects = objects_of(stack, "documents")
    yield objects
    objects.close()


async def chunks(data: bytes, step: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), step):
        yield data[start : start + step]


async def broken(data: bytes) -> AsyncIterator[bytes]:
    async for chunk in chunks(data):
        yield chunk
    raise ConnectionResetError("cut")


async def whole(objects: Objects, key: str, **part: Any) -> bytes:
    async with objects.open(key, **part) as stream:
        return b"".join([chunk async for chunk in stream.chunks()])


DATA = bytes(range(256)) * 30_000


async def test_a_stream_is_stored_byte_for_byte_with_its_hash(messaging: Objects) -> None:
    key = f"trial/{new_id()}"
    stored = await messaging.put(key, chunks(DATA), "application/octet-stream")
    assert (stored.size, stored.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert await whole(messaging, key) == DATA
    assert await whole(messaging, key, offset=10, length=5) == DATA[10:15]


async def test_the_beginning_of_an_empty_object_is_nothing(messaging: Objects) -> None:
    key = f"trial/{new_id()}"
    await messaging.put_bytes(key, b"", "text/plain")
    assert await whole(messaging, key, length=5) == b""


async def test_a_stream_that_is_cut_leaves_nothing(messaging: Objects) -> None:
    key = f"trial/{new_id()}"
    with pytest.raises(ConnectionResetError):
        await messaging.put(key, broken(DATA), "application/octet-stream")
    with pytest.raises(NotFound):
        await messaging.size(key)


@pytest.mark.parametrize("size", [10, 4_000_000, len(DATA)])
async def test_of_several_who_write_what_must_be_new_the_first_wins(messaging: Objects, size: int) -> None:
    key = f"trial/{new_id()}"

    async def writes(letter: bytes) -> bytes:
        await messaging.put(key, chunks(letter * size), "text/plain", only_new=True)
        return letter

    ended = await asyncio.gather(*(writes(one) for one in (b"a", b"b", b"c")), return_exceptions=True)
    (first,) = [one for one in ended if isinstance(one, bytes)]
    assert sum(isinstance(one, AlreadyThere) for one in ended) == 2, ended
    with pytest.raises(AlreadyThere):
        await messaging.put(key, chunks(b"d" * size), "text/plain", only_new=True)
    assert await whole(messaging, key) == first * size
    await messaging.put(key, chunks(b"e" * size), "text/plain")
    assert await whole(messaging, key) == b"e" * size


async def test_an_empty_stream_is_an_empty_object(messaging: Objects) -> None:
    key = f"trial/{new_id()}"
    assert (await messaging.put(key, chunks(b""), "text/plain")).size == 0
    assert await messaging.size(key) == 0


async def test_a_claim_brings_the_bytes_to_its_consumer(messaging: Objects, documents: Objects) -> None:
    patient, key, target = new_id(), f"trial/{new_id()}", f"trial/{new_id()}"
    await messaging.put_bytes(key, DATA, "application/pdf")
    claim = await messaging.hand_over(
        consumer="documents", patient_id=patient, source_key=key, filename="é.pdf", media_type="application/pdf"
    )
    taken = await documents.take(claim, producer="messaging", patient_id=patient, target_key=target)
    assert taken.sha256 == claim.sha256
    assert await whole(documents, target) == DATA


async def test_a_claim_of_another_patient_or_place_is_refused(messaging: Objects, documents: Objects) -> None:
    patient, key = new_id(), f"trial/{new_id()}"
    await messaging.put_bytes(key, b"secret", "text/plain")
    claim = await messaging.hand_over(
        consumer="documents", patient_id=patient, source_key=key, filename="a", media_type="text/plain"
    )
    for changed in (claim, msgspec.structs.replace(claim, key=key)):
        with pytest.raises(ClaimRefused):
            await documents.take(changed, producer="messaging", patient_id=new_id(), target_key="trial/x")


async def test_a_claim_whose_bytes_differ_is_refused(messaging: Objects, documents: Objects) -> None:
    patient, key = new_id(), f"trial/{new_id()}"
    await messaging.put_bytes(key, b"one", "text/plain")
    claim = await messaging.hand_over(
        consumer="documents", patient_id=patient, source_key=key, filename="a", media_type="text/plain"
    )
    await messaging.put_bytes(claim.key, b"two", "text/plain")
    with pytest.raises(ClaimMismatch):
        await documents.take(claim, producer="messaging", patient_id=patient, target_key="trial/x")


async def test_a_service_cannot_read_what_was_not_handed_over_to_it(
    messaging: Objects, documents: Objects
) -> None:
    key = f"trial/{new_id()}"
    await messaging.put_bytes(key, b"secret", "text/plain")
    with pytest.raises(Exception, match=r"AccessDenied|Access Denied"):
        await documents.copy(key, "trial/x", source_bucket="messaging")


async def test_many_readers_and_writers_at_once_all_come_to_their_end(messaging: Objects) -> None:
    key = f"trial/{new_id()}"
    await messaging.put_bytes(key, DATA, "application/octet-stream")
    async with asyncio.timeout(120):
        await asyncio.gather(
            *(messaging.digest(key) for _ in range(32)),
            *(messaging.put_bytes(f"trial/{new_id()}", b"x", "text/plain") for _ in range(32)),
        )


async def test_slow_readers_hold_up_nobody(messaging: Objects) -> None:
    key = f"trial/{new_id()}"
    await messaging.put_bytes(key, DATA, "application/octet-stream")
    async with AsyncExitStack() as open_streams, asyncio.timeout(60):
        streams = [await open_streams.enter_async_context(messaging.open(key)) for _ in range(24)]
        begun = [stream.chunks() for stream in streams]
        for chunks_of_one in begun:
            await anext(chunks_of_one)
        assert (await messaging.digest(key)).size == len(DATA)
        for chunks_of_one in begun:
            await anext(chunks_of_one)
